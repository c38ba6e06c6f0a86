namespace FleetPlatform.Mqtt;

/// <summary>QoS 1 messages sent and not yet acknowledged, oldest first, and the packet identifiers they hold.</summary>
struct Inflight
{
    List<Entry>? _entries;
    ushort _lastId;

    /// <summary>A message that may have to be sent again.</summary>
    /// <param name="Weight">Its <see cref="Publish.Weight"/>, which is not counted twice.</param>
    public readonly record struct Entry(ushort PacketId, Publish Message, bool Retain, int Weight);

    public readonly int Count => _entries?.Count ?? 0;

    /// <summary>Of all of them together.</summary>
    public int Bytes { get; private set; }

    public readonly Entry this[int index] => _entries![index];

    /// <summary>Gives a message an identifier not in use [MQTT-2.2.1-3], and remembers it.</summary>
    public ushort Add(Publish message, bool retain, int weight)
    {
        _entries ??= new List<Entry>(4);
        do _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        while (IndexOf(_lastId) >= 0);
        _entries.Add(new Entry(_lastId, message, retain, weight));
        Bytes += weight;
        return _lastId;
    }

    /// <summary>Frees an identifier. Acknowledgements usually come in order, so the oldest is looked at first.</summary>
    /// <returns>Where it stood, or -1 when it was not in use.</returns>
    public int Remove(ushort packetId)
    {
        var index = IndexOf(packetId);
        if (index >= 0) RemoveAt(index);
        return index;
    }

    public void RemoveAt(int index)
    {
        Bytes -= _entries![index].Weight;
        _entries.RemoveAt(index);
    }

    readonly int IndexOf(ushort packetId)
    {
        if (_entries is null) return -1;
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].PacketId == packetId) return i;
        }

        return -1;
    }
}
