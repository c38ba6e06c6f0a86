namespace FleetPlatform.Cbor;

/// <summary>What a <see cref="CborReader"/> accepts before it refuses. Checked against heads, before anything is allocated for them.</summary>
public sealed record CborLimits
{
    /// <summary>Limits for a device's request: 64 KiB, 8 levels, 512 items, 16 KiB for one string.</summary>
    public static CborLimits Default { get; } = new();

    /// <summary>Largest document, in bytes.</summary>
    public int MaximumBytes { get; init; } = 64 * 1024;

    /// <summary>How many maps and arrays may be open at once. At least 1.</summary>
    public int MaximumDepth { get; init; } = 8;

    /// <summary>Data items in the whole document, keys, values, containers, chunks and tags each counted.</summary>
    public int MaximumItems { get; init; } = 512;

    /// <summary>Largest text or byte string, in bytes, all chunks together.</summary>
    public int MaximumStringBytes { get; init; } = 16 * 1024;
}
