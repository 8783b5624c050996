"""Five requests gathered, as one finds it everywhere; then one of them fails; then there are more.

python3 docs/wild/gather.py, with Python 3.11 or newer.
"""

import asyncio

in_flight = most = ended = 0


async def fetch(ms):
    """Stands for a request: it takes so many milliseconds, and fails if that is less than none."""
    global in_flight, most, ended
    if ms < 0:
        raise ValueError("no such page")
    in_flight += 1
    most = max(most, in_flight)
    try:
        await asyncio.sleep(ms / 1000)
        ended += 1
        return "a page"
    finally:
        in_flight -= 1


# #region gather
async def gathered(pages):
    return await asyncio.gather(*(fetch(page) for page in pages))
# #endregion


# #region group
async def grouped(pages):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(page)) for page in pages]
    return [task.result() for task in tasks]
# #endregion


# #region semaphore
async def limited(pages, limit):
    places = asyncio.Semaphore(limit)

    async def fetch_in_a_place(page):
        async with places:
            return await fetch(page)

    return await asyncio.gather(*(fetch_in_a_place(page) for page in pages))
# #endregion


async def run(name, call):
    """Makes the call, then lets everything that is still running end."""
    global most, ended
    most = ended = 0
    try:
        await call
        outcome = "all well"
    except* ValueError:
        outcome = f"an error, and {in_flight} still in flight"
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    print(f"{name:38} at once {most:5}   {outcome}, {ended} pages fetched")


async def main():
    five = [120, 300, 200, 250, 160]
    await run("five, gathered", gathered(five))
    await run("five, and the last fails, gathered", gathered(five[:4] + [-1]))
    await run("five, and the last fails, in a group", grouped(five[:4] + [-1]))
    await run("ten thousand, gathered", gathered([1] * 10_000))
    await run("ten thousand, ten places", limited([1] * 10_000, 10))


asyncio.run(main())
