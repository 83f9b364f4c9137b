"""What happens to applications by itself."""

from celery import shared_task

from projects.actions import expire_applications, forget_files, remind_approvers


@shared_task(name="projects.remind_approvers")
def remind_of_waiting() -> None:
    """Remind, hand over and close what waits; delete the files of what came to nothing."""
    expire_applications()
    remind_approvers()
    forget_files()
