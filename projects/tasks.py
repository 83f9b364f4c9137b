"""What happens to applications by itself."""

from celery import shared_task

from projects.actions import end_acting_posts, expire_applications, forget_files, remind_approvers


@shared_task(name="projects.remind_approvers")
def remind_of_waiting() -> None:
    """End what ran out; remind, hand over and close what waits; delete the files of what came to nothing."""
    end_acting_posts()
    expire_applications()
    remind_approvers()
    forget_files()
