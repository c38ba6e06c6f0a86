namespace FleetPlatform.ControlPlane.Http;

/// <summary>
/// Finds the operation of a request by its raw path. ASP.NET Core's router leaves <c>%2F</c> in a segment encoded, and ARNs in paths are
/// full of them; here a segment is what stands between two slashes as sent, decoded once.
/// </summary>
sealed class RouteTable
{
    readonly ILookup<(string Method, int Segments), Entry> _entries;

    public RouteTable(IEnumerable<IOperations> nouns) => _entries = nouns
        .SelectMany(noun => noun.All).Select(operation => new Entry(operation))
        // A literal segment is a better match than a parameter.
        .OrderBy(entry => entry.Parameters)
        .ToLookup(entry => (entry.Method, entry.Segments.Length));

    public IEnumerable<Operation> Operations => _entries.SelectMany(entries => entries).Select(entry => entry.Operation);

    /// <summary>The operation and its path parameters; null when there is none.</summary>
    public (Operation Operation, IReadOnlyDictionary<string, string> Parameters)? Find(string method, string path)
    {
        var written = path.Trim('/').Split('/');
        // A signature counts for the path without them: with them a request would be signed for one operation and be another.
        if (written.Any(segment => segment is "" or "." or "..")) return null;
        var segments = written.Select(Uri.UnescapeDataString).ToArray();
        foreach (var entry in _entries[(method, segments.Length)])
            if (entry.Match(segments) is { } parameters)
                return (entry.Operation, parameters);
        return null;
    }

    sealed class Entry
    {
        public Entry(Operation operation)
        {
            Operation = operation;
            var space = operation.Route.IndexOf(' ', StringComparison.Ordinal);
            Method = operation.Route[..space];
            Segments = operation.Route[(space + 2)..].Split('/');
            Parameters = Segments.Count(segment => segment.StartsWith('{'));
        }

        public Operation Operation { get; }
        public string Method { get; }
        public string[] Segments { get; }
        public int Parameters { get; }

        public Dictionary<string, string>? Match(string[] segments)
        {
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < segments.Length; i++)
            {
                if (Segments[i].StartsWith('{'))
                {
                    parameters[Segments[i][1..^1]] = segments[i];
                }
                else if (Segments[i] != segments[i])
                {
                    return null;
                }
            }

            return parameters;
        }
    }
}
