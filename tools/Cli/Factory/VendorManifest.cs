using System.Text.Json;
using FleetPlatform.Contracts;
using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>A device of a vendor's list, or what is wrong with it.</summary>
/// <param name="Origin">Where it stands: the number of its record, or the name of its file.</param>
/// <param name="Certificate">DER; empty when it cannot be read.</param>
/// <param name="Columns">What else the list says of it.</param>
/// <param name="Fault">Why it cannot be registered; null when it can be tried.</param>
sealed record VendorDevice(string Origin, string Serial, byte[] Certificate, IReadOnlyDictionary<string, string> Columns, Refused? Fault)
{
    public string CertificateId => Pki.CertificateId.Of(Certificate);

    public static Refused Refuse(Reason reason, string detail) => new() { Code = reason.Code, Detail = detail };
}

/// <summary>
/// Reads a vendor's list of certificates made elsewhere: a CSV or JSON (an array, or an object a line) with a column for the serial number and one for the certificate, or a folder with a file
/// for each. A certificate is PEM, base64 of its DER, or the name of a file.
/// </summary>
/// <param name="folder">Where files that the list names are.</param>
/// <param name="byCommonName">True: the subject's common name is the serial number.</param>
sealed class VendorManifest(string folder, bool byCommonName)
{
    static readonly string[] CertificateColumns = ["certificate", "certificatepem", "certificate_pem", "cert", "pem", "der"];
    static readonly string[] Extensions = [".pem", ".crt", ".cer", ".der"];

    readonly Dictionary<string, string> _serials = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _certificates = new(StringComparer.Ordinal);

    /// <exception cref="CommandFailedException">It is no such list.</exception>
    public static IReadOnlyList<VendorDevice> Read(string path, bool byCommonName)
    {
        if (Directory.Exists(path)) return [.. new VendorManifest(path, byCommonName).OfFolder()];
        if (!File.Exists(path)) throw new CommandFailedException($"There is no {path}.", "Name a CSV or JSON with serial numbers and certificates, or a folder of certificates.");
        var (text, manifest) = (File.ReadAllText(path), new VendorManifest(Path.GetDirectoryName(Path.GetFullPath(path))!, byCommonName));
        var records = text.AsSpan().TrimStart() is ['[' or '{', ..] ? OfJson(path, text) : OfCsv(path, text, byCommonName);
        return [.. records.Select((record, index) => manifest.OfRecord($"record {index + 1}", record))];
    }

    IEnumerable<VendorDevice> OfFolder() => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)
        .Select(file => Check(Path.GetRelativePath(folder, file), Path.GetFileNameWithoutExtension(file), TryReadFile(file), []));

    VendorDevice OfRecord(string origin, Dictionary<string, string> record)
    {
        string? Take(string[] names)
        {
            var found = record.Keys.FirstOrDefault(name => names.Contains(name.ToLowerInvariant()));
            return found is not null && record.Remove(found, out var value) ? value : null;
        }

        var (serial, certificate) = (Take(SerialNumbers.Columns), Take(CertificateColumns));
        return Check(origin, serial ?? "", certificate is null ? null : TryRead(certificate), record);
    }

    VendorDevice Check(string origin, string serial, byte[]? der, Dictionary<string, string> columns)
    {
        CertificateText? certificate = null;
        try
        {
            certificate = der is null ? null : CertificateText.Read(der);
        }
        catch (PkiException)
        {
            // told below
        }

        if (byCommonName) serial = certificate?.Subject.CommonName ?? "";
        var fault = certificate is null ? VendorDevice.Refuse(Reasons.CertificateInvalid, "There is no certificate here: PEM, base64 of DER, or the name of a file with either.")
            : certificate.IsAuthority ? VendorDevice.Refuse(Reasons.CertificateInvalid, "This is the certificate of an authority, not of a device.")
            : !BatchOrder.IsSerial(serial) ? VendorDevice.Refuse(Reasons.UnsafeName, $"\"{serial}\" cannot be a serial number here: 1 to 128 letters, digits, '_', '-' and ':'.")
            : !_serials.TryAdd(serial, origin) ? VendorDevice.Refuse(Reasons.AlreadyExists, $"{_serials[serial]} has this serial number already.")
            : !_certificates.TryAdd(Pki.CertificateId.Of(der!), origin) ? VendorDevice.Refuse(Reasons.AlreadyExists, $"{_certificates[Pki.CertificateId.Of(der!)]} has this certificate already.")
            : null;
        return new(origin, serial, der ?? [], columns, fault);
    }

    byte[]? TryRead(string text)
    {
        text = text.Trim();
        if (text.StartsWith("-----BEGIN", StringComparison.Ordinal)) return Pem.TryReadOnly(text.Replace("\\n", "\n", StringComparison.Ordinal), Pem.Certificate);
        var file = text.Length is > 0 and < 256 ? Path.Combine(folder, text) : null;
        if (file is not null && File.Exists(file)) return TryReadFile(file);
        var der = new byte[text.Length];
        return Convert.TryFromBase64String(text, der, out var written) ? der[..written] : null;
    }

    static byte[]? TryReadFile(string file)
    {
        if (new FileInfo(file).Length > 4 * CertificateText.MaximumOctets) return null;
        var bytes = File.ReadAllBytes(file);
        return bytes is [0x30, ..] ? bytes : Pem.TryReadOnly(System.Text.Encoding.ASCII.GetString(bytes), Pem.Certificate);
    }

    static IEnumerable<Dictionary<string, string>> OfCsv(string path, string text, bool byCommonName)
    {
        var rows = Csv.Read(text).ToArray();
        if (rows.Length == 0) return [];
        foreach (var names in (string[][])(byCommonName ? [CertificateColumns] : [SerialNumbers.Columns, CertificateColumns]))
            if (Csv.FindColumn(rows[0], names) < 0) throw Csv.WithoutColumn(path, rows[0], names);
        return rows.Skip(1).Select(row => Record(rows[0].Zip(row, (name, value) => (name.Trim(), value.Trim()))));
    }

    static IReadOnlyList<Dictionary<string, string>> OfJson(string path, string text)
    {
        try
        {
            var isArray = text.AsSpan().TrimStart()[0] == '[';
            using var document = JsonDocument.Parse(isArray ? text : $"[{string.Join(',', text.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line)))}]");
            return [.. document.RootElement.EnumerateArray().Select(item => Record(item.EnumerateObject().Select(member => (member.Name, member.Value.ToString()))))];
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new CommandFailedException($"{path} is no list of certificates: {wrong.Message}", "Write [{\"serial\": \"SN1\", \"certificate\": \"-----BEGIN…\"}, …], or an object a line.");
        }
    }

    // Of a column that comes twice, the last.
    static Dictionary<string, string> Record(IEnumerable<(string Name, string Value)> members)
    {
        var record = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in members) record[name] = value;
        return record;
    }
}
