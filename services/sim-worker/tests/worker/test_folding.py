from twin_schemas.records import SimPhase


async def test_a_specified_twin_gets_an_incarnation_and_predicts_every_frame(world):
    await world.work()
    spec, journal = await world.started()
    last = await journal.frames(20)
    await world.folded(spec, last)
    predictions = await world.predictions(spec)
    assert [p.tick for p in predictions] == list(range(20))
    status = await world.reached(spec, SimPhase.RUNNING)
    assert status.incarnation == 1 and status.warnings == ["/Cart: made of thin air"]
