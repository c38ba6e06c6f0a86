using System.Diagnostics.CodeAnalysis;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>A bounded memory that forgets what was not asked for the longest. Thread-safe; used once per connection, not per packet.</summary>
sealed class LeastRecentlyUsed<TKey, TValue>(int capacity) where TKey : notnull
{
    readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    readonly LinkedList<(TKey Key, TValue Value)> _order = [];
    readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate) return _nodes.Count;
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                value = default;
                return false;
            }

            _order.Remove(node);
            _order.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    /// <summary>Puts what <paramref name="change"/> makes of the value that is there, if any. Null: leave things as they are.</summary>
    /// <returns>The value that is there afterwards.</returns>
    public TValue? Change(TKey key, Func<TValue?, TValue?> change)
    {
        lock (_gate)
        {
            _nodes.TryGetValue(key, out var node);
            var before = node is null ? default : node.Value.Value;
            var after = change(before);
            if (after is null) return before;
            if (node is null)
            {
                if (_nodes.Count == capacity) RemoveLast();
                _nodes[key] = _order.AddFirst((key, after));
            }
            else
            {
                node.Value = (key, after);
            }

            return after;
        }
    }

    public bool Remove(TKey key)
    {
        lock (_gate)
        {
            if (!_nodes.Remove(key, out var node)) return false;
            _order.Remove(node);
            return true;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _nodes.Clear();
            _order.Clear();
        }
    }

    public IReadOnlyList<TValue> Values()
    {
        lock (_gate) return [.. _order.Select(pair => pair.Value)];
    }

    void RemoveLast()
    {
        var last = _order.Last!;
        _order.RemoveLast();
        _nodes.Remove(last.Value.Key);
    }
}
