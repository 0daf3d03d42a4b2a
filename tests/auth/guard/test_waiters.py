import asyncio

from cyara_auth.guard.waiters import TaskWaiter, ThreadWaiter, Waiters


def test_the_first_in_the_queue_looks_more_often_than_the_others() -> None:
    queue = Waiters()
    first = ThreadWaiter(queue, "key")
    second = ThreadWaiter(queue, "key")
    with first:
        with second:
            assert first.poll_interval(0.05) == 0.05
            assert second.poll_interval(0.05) == 1.0
        assert queue.first("key") is first
    assert queue.first("key") is None


def test_whoever_leaves_wakes_the_next() -> None:
    queue = Waiters()
    first = ThreadWaiter(queue, "key")
    second = ThreadWaiter(queue, "key")
    with second:
        with first:
            pass
        second.sleep(30.0)


def test_waking_nobody_is_no_error() -> None:
    queue = Waiters()
    queue.wake_one("key")
    queue.wake_all("key")


def test_keys_have_queues_of_their_own() -> None:
    queue = Waiters()
    one = ThreadWaiter(queue, "one")
    other = ThreadWaiter(queue, "other")
    with one, other:
        assert other.poll_interval(0.05) == 0.05
        queue.wake_all("other")
        other.sleep(30.0)


def test_a_task_is_woken_from_another_thread() -> None:
    async def main() -> None:
        queue = Waiters()
        waiter = TaskWaiter(queue, "key")
        with waiter:
            await asyncio.to_thread(queue.wake_one, "key")
            await waiter.sleep(30.0)
            await waiter.sleep(0.01)

    asyncio.run(main())
