namespace FleetPlatform.Cli.Factory;

/// <summary>Certificates made elsewhere. The list itself is no part of the order: it may be corrected, and grow.</summary>
sealed record ImportOrder : LineOrder
{
    public const string File = "import.json";

    /// <summary>True: an authority that is registered at the platform must have signed each.</summary>
    public bool RequireAuthority { get; init; }

    public ImportOrder Settle(string folder) => Settle(folder, File, BatchOrder.File, this);

    public static bool IsIn(string folder) => System.IO.File.Exists(Path.Combine(folder, File));
}
