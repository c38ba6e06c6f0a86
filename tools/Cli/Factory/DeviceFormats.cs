using System.Globalization;

namespace FleetPlatform.Cli.Factory;

/// <summary>In which forms a device's certificate and key are laid out, beside the PEM files.</summary>
sealed record DeviceFormats
{
    public const string Image = "nvs.bin";
    public const string Csv = "nvs.csv";
    public const string Commands = "mcumgr.sh";

    /// <summary>What the firmware of an ESP32 opens (<c>nvs_open</c>) and gets (<c>nvs_get_str</c>).</summary>
    const string Namespace = "certs";
    const string CertificateKey = "client_cert";
    const string PrivateKeyKey = "client_key";

    public static IReadOnlyList<string> Known { get; } = ["pem", "nvs", "nvs-csv", "zephyr"];

    /// <summary>Of <see cref="Known"/>.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>Bytes of the NVS partition, as in the partition table.</summary>
    public required int PartitionBytes { get; init; }

    /// <summary>Folder on the device's file system.</summary>
    public required string ZephyrPath { get; init; }

    /// <summary>Writes every form; what holds the key is readable by its owner only.</summary>
    public void Write(DeviceFolder folder, string certificate, string privateKey)
    {
        foreach (var format in Formats)
        {
            switch (format)
            {
                case "nvs": folder.WriteSecret(Image, ImageOf(certificate, privateKey)); break;
                case "nvs-csv": folder.Write(Csv, CsvOf()); break;
                case "zephyr": folder.WriteScript(Commands, CommandsOf()); break;
            }
        }
    }

    byte[] ImageOf(string certificate, string privateKey) =>
        NvsPartition.Write(PartitionBytes, Namespace, [(CertificateKey, certificate), (PrivateKeyKey, privateKey)]);

    // As nvs_partition_gen.py reads it, run in the device's folder.
    static string CsvOf() => $"""
        key,type,encoding,value
        {Namespace},namespace,,
        {CertificateKey},file,string,{DeviceFolder.Certificate}
        {PrivateKeyKey},file,string,{DeviceFolder.PrivateKey}

        """;

    // mcumgr (apache/mynewt-mcumgr-cli) ends with 0 also when the device refuses a file: what was written is what it says Done to.
    string CommandsOf() => $$"""
        #!/bin/sh
        # Writes the device's files over its serial port: ./{{Commands}} /dev/ttyACM0
        set -eu
        cd "$(dirname "$0")"
        for file in {{DeviceFolder.Certificate}} {{DeviceFolder.PrivateKey}}; do
            said=$(mcumgr --conntype serial --connstring "dev=${1:?serial port},baud=115200" fs upload "$file" "{{ZephyrPath}}/$file")
            case $said in
                *Done) echo "$file is written" ;;
                *) echo "$file is not written: $said" >&2; exit 1 ;;
            esac
        done

        """;

    /// <summary>Reads a size as partition tables write it: decimal, 0x…, or with K.</summary>
    public static int ReadSize(string text)
    {
        var (digits, unit) = text.EndsWith('K') ? (text[..^1], 1024) : (text, 1);
        var read = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? int.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
            : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size);
        return read && size <= 16 * 1024 * 1024 / unit && size * unit >= NvsPartition.MinimumBytes && size * unit % NvsPartition.PageBytes == 0
            ? size * unit
            : throw new CommandFailedException($"--nvs-size {text}: a partition has a multiple of 4096 bytes, at least 0x3000.", "Take the size from the firmware's partition table, for example 0x6000.");
    }
}
