namespace FleetPlatform.Cli.Factory;

/// <summary>Cuts what is too much for one request into parts that fit.</summary>
static class Portions
{
    const int MaximumCharacters = 100_000; // escaped they are less than a body's 256 KiB

    /// <param name="characters">How long an item is in a request.</param>
    /// <param name="maximumItems">Of one part.</param>
    public static IEnumerable<IReadOnlyList<T>> Of<T>(IEnumerable<T> items, Func<T, int> characters, int maximumItems = int.MaxValue)
    {
        var (part, size) = (new List<T>(), 0);
        foreach (var item in items)
        {
            var length = characters(item);
            if (part.Count > 0 && (size + length > MaximumCharacters || part.Count == maximumItems))
            {
                yield return part;
                (part, size) = ([], 0);
            }

            part.Add(item);
            size += length;
        }

        if (part.Count > 0) yield return part;
    }
}
