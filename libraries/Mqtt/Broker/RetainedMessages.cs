using System.Collections.Concurrent;

namespace FleetPlatform.Mqtt;

/// <summary>The last retained message of each topic (MQTT 5.0 §3.3.1.3), as a tree of levels so that a filter finds its own quickly.</summary>
/// <param name="maximum">Most messages kept.</param>
/// <param name="maximumBytes">Most bytes of all of them together.</param>
sealed class RetainedMessages(int maximum, long maximumBytes)
{
    readonly Lock _changing = new();
    readonly Node _root = new();
    int _count;
    long _bytes;

    sealed class Node
    {
        public volatile Publish? Message;

        /// <summary>The principal whose will the message is; null for every other message.</summary>
        public volatile string? WillOf;
        public volatile ConcurrentDictionary<string, Node>? Children;
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>Keeps a message in the place of the topic's last [MQTT-3.3.1-5]; an empty payload removes it [MQTT-3.3.1-6], [MQTT-3.3.1-7].</summary>
    /// <param name="message">What to keep.</param>
    /// <param name="willOf">The principal whose will it is, or null.</param>
    /// <returns>False when it finds no room.</returns>
    public bool Keep(Publish message, string? willOf = null)
    {
        lock (_changing)
        {
            if (message.Payload.IsEmpty)
            {
                RemoveBelow(_root, message.Topic);
                return true;
            }

            var existing = Find(message.Topic);
            var former = existing?.Message;
            var bytes = _bytes + message.Weight - (former?.Weight ?? 0);
            if ((former is null && _count >= maximum) || bytes > maximumBytes) return false;

            var node = existing ?? Reach(message.Topic);
            if (former is null) _count++;
            _bytes = bytes;
            node.Message = message;
            node.WillOf = willOf;
            return true;
        }
    }

    /// <summary>Collects the messages whose topic matches a filter and that have not expired.</summary>
    public void Match(string filter, bool hashMatchesParent, DateTimeOffset now, List<Publish> into)
    {
        if (Count > 0) MatchBelow(_root, filter, isRoot: true, hashMatchesParent, now, into);
    }

    static void MatchBelow(Node node, ReadOnlySpan<char> rest, bool isRoot, bool hashMatchesParent, DateTimeOffset now, List<Publish> into)
    {
        if (rest is "#")
        {
            if (hashMatchesParent) Collect(node, now, into);
            CollectBelow(node, isRoot, now, into);
            return;
        }

        if (node.Children is not { } children) return;
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (level is not "+")
        {
            if (children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child)) Enter(child, rest);
            return;
        }

        foreach (var (name, child) in children)
        {
            if (!isRoot || !name.StartsWith('$')) Enter(child, rest); // [MQTT-4.7.2-1]
        }

        void Enter(Node child, ReadOnlySpan<char> at)
        {
            var next = at.IndexOf('/');
            if (next < 0) Collect(child, now, into);
            else MatchBelow(child, at[(next + 1)..], isRoot: false, hashMatchesParent, now, into);
        }
    }

    static void CollectBelow(Node node, bool isRoot, DateTimeOffset now, List<Publish> into)
    {
        if (node.Children is not { } children) return;
        foreach (var (name, child) in children)
        {
            if (isRoot && name.StartsWith('$')) continue;
            Collect(child, now, into);
            CollectBelow(child, isRoot: false, now, into);
        }
    }

    static void Collect(Node node, DateTimeOffset now, List<Publish> into)
    {
        if (node.Message is { } message && (message.ExpiresAt is null || message.ExpiresAt > now)) into.Add(message);
    }

    /// <summary>Removes what has expired. Walks everything: for a slow timer.</summary>
    public void RemoveExpired(DateTimeOffset now)
    {
        var expired = new List<string>();
        Visit(_root, node =>
        {
            if (node.Message is { } message && message.ExpiresAt <= now) expired.Add(message.Topic);
        });
        lock (_changing)
        {
            foreach (var topic in expired)
            {
                if (Find(topic)?.Message?.ExpiresAt <= now) RemoveBelow(_root, topic);
            }
        }
    }

    /// <summary>Removes wills that these principals left behind. Walks everything.</summary>
    public void RemoveWills(IReadOnlySet<string> principals)
    {
        if (Count == 0) return;
        var wills = new List<string>();
        Visit(_root, node =>
        {
            if (node is { Message: { } message, WillOf: { } principal } && principals.Contains(principal)) wills.Add(message.Topic);
        });
        lock (_changing)
        {
            foreach (var topic in wills)
            {
                if (Find(topic)?.WillOf is { } principal && principals.Contains(principal)) RemoveBelow(_root, topic);
            }
        }
    }

    static void Visit(Node node, Action<Node> action)
    {
        action(node);
        if (node.Children is not { } children) return;
        foreach (var (_, child) in children) Visit(child, action);
    }

    Node? Find(string topic)
    {
        var node = _root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (node.Children?.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(topic.AsSpan(range), out var child) != true) return null;
            node = child!;
        }

        return node;
    }

    Node Reach(string topic)
    {
        var node = _root;
        foreach (var level in topic.Split('/'))
        {
            var children = node.Children ??= new ConcurrentDictionary<string, Node>(concurrencyLevel: 1, capacity: 3);
            node = children.GetOrAdd(level, static _ => new Node());
        }

        return node;
    }

    void RemoveBelow(Node node, ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (node.Children?.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) != true) return;

        if (slash >= 0) RemoveBelow(child!, rest[(slash + 1)..]);
        else if (child!.Message is { } message)
        {
            child.Message = null;
            _bytes -= message.Weight;
            _count--;
        }

        if (child!.Message is null && child.Children is null or { IsEmpty: true })
            node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryRemove(level, out _);
    }
}
