"""What happens to enterprises by itself."""

from celery import shared_task

from enterprises.actions.agents import lapse_old_agencies


@shared_task(name="enterprises.tidy")
def tidy() -> None:
    """Who was asked to be an agent and did not answer is asked no longer."""
    lapse_old_agencies()
