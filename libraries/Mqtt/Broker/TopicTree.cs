using System.Collections.Concurrent;

namespace FleetPlatform.Mqtt;

/// <summary>Filters as a tree of levels. Matching takes no lock; changes take one, briefly.</summary>
/// <typeparam name="T">A subscription. Compared by reference.</typeparam>
/// <param name="hashMatchesParent">The standard says true: <c>a/#</c> matches <c>a</c>.</param>
sealed class TopicTree<T>(bool hashMatchesParent) where T : class
{
    readonly Lock _changing = new();
    readonly Node _root = new();

    // Readers see either the array before a change or the one after; a node cut off while it is read is still whole.
    sealed class Node
    {
        public volatile T[] Here = [];
        public volatile T[] Below = [];   // those of '#'
        public volatile Node? Plus;
        public volatile ConcurrentDictionary<string, Node>? Children;

        public bool IsEmpty => Here.Length == 0 && Below.Length == 0 && Plus is null && Children is null or { IsEmpty: true };
    }

    /// <summary>Adds an item under a valid filter.</summary>
    public void Add(string filter, T item) => Change(filter, items => [.. items, item]);

    /// <summary>Puts one item in the place of another, so that no message falls between the two.</summary>
    public void Replace(string filter, T old, T item) => Change(filter, items => Array.ConvertAll(items, each => ReferenceEquals(each, old) ? item : each));

    /// <summary>Removes an item and what is left empty above it.</summary>
    public void Remove(string filter, T item)
    {
        lock (_changing) RemoveBelow(_root, filter, item);
    }

    /// <summary>Collects every item whose filter matches.</summary>
    /// <param name="topic">A topic name.</param>
    /// <param name="into">Items are added to it; one that matches by several filters is added by each.</param>
    /// <returns>How many filters matched; when more than one, an owner may appear more than once.</returns>
    public int Match(ReadOnlySpan<char> topic, List<T> into) => MatchBelow(_root, topic, isReserved: topic.StartsWith("$"), into);

    int MatchBelow(Node node, ReadOnlySpan<char> rest, bool isReserved, List<T> into)
    {
        // Wildcards at the start do not see '$' topics [MQTT-4.7.2-1].
        var filters = isReserved ? 0 : Collect(node.Below, into);
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (node.Children is { } children
            && children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child))
            filters += Enter(child, rest, slash, into);
        if (!isReserved && node.Plus is { } plus) filters += Enter(plus, rest, slash, into);
        return filters;
    }

    int Enter(Node node, ReadOnlySpan<char> rest, int slash, List<T> into)
    {
        if (slash >= 0) return MatchBelow(node, rest[(slash + 1)..], isReserved: false, into);
        return Collect(node.Here, into) + (hashMatchesParent ? Collect(node.Below, into) : 0);
    }

    static int Collect(T[] items, List<T> into)
    {
        if (items.Length == 0) return 0;
        into.AddRange(items.AsSpan());
        return 1;
    }

    void Change(string filter, Func<T[], T[]> change)
    {
        lock (_changing)
        {
            var node = _root;
            var rest = filter.AsSpan();
            while (true)
            {
                if (rest is "#")
                {
                    node.Below = change(node.Below);
                    return;
                }

                var slash = rest.IndexOf('/');
                node = Step(node, slash < 0 ? rest : rest[..slash]);
                if (slash < 0) break;
                rest = rest[(slash + 1)..];
            }

            node.Here = change(node.Here);
        }
    }

    static Node Step(Node node, ReadOnlySpan<char> level)
    {
        if (level is "+") return node.Plus ??= new Node();
        var children = node.Children ??= new ConcurrentDictionary<string, Node>(concurrencyLevel: 1, capacity: 3);
        var lookup = children.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(level, out var child)) return child;
        child = new Node();
        lookup[level] = child;
        return child;
    }

    static void RemoveBelow(Node node, ReadOnlySpan<char> rest, T item)
    {
        if (rest is "#")
        {
            node.Below = Without(node.Below, item);
            return;
        }

        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        Node? child = null;
        if (level is "+") child = node.Plus;
        else node.Children?.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out child);
        if (child is null) return;

        if (slash < 0) child.Here = Without(child.Here, item);
        else RemoveBelow(child, rest[(slash + 1)..], item);

        if (!child.IsEmpty) return;
        if (level is "+") node.Plus = null;
        else if (node.Children!.Count == 1) node.Children = null;
        else node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryRemove(level, out _);
    }

    static T[] Without(T[] items, T item) => Array.FindAll(items, each => !ReferenceEquals(each, item));

    /// <summary>True when nothing is subscribed and nothing is left over.</summary>
    internal bool IsEmpty => _root.IsEmpty;
}
