namespace FleetPlatform.Mqtt;

/// <summary>The outboxes that one batch of received packets has made non-empty: each is drained once, when the batch is done.</summary>
sealed class FlushBatch
{
    [ThreadStatic] static FlushBatch? _spare;
    readonly List<Outbox> _outboxes = [];

    /// <summary>Takes this thread's batch. A batch never lives across an await.</summary>
    public static FlushBatch Rent()
    {
        var batch = _spare ?? new FlushBatch();
        _spare = null;
        return batch;
    }

    public void Add(Outbox outbox) => _outboxes.Add(outbox);

    /// <summary>Schedules every drain but one's own, and gives the batch back.</summary>
    /// <returns>True when <paramref name="own"/> is to be drained by the caller.</returns>
    public bool Dispatch(Outbox? own = null)
    {
        var mine = false;
        foreach (var outbox in _outboxes)
        {
            if (ReferenceEquals(outbox, own)) mine = true;
            else outbox.Schedule();
        }

        _outboxes.Clear();
        _spare = this;
        return mine;
    }
}
