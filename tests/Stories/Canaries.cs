using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FleetPlatform.Pki;
using Npgsql;

namespace FleetPlatform.Stories;

/// <summary>What must be nowhere, in the forms in which it might have been written down; and where to look.</summary>
sealed class Canaries
{
    const int PemLine = 64;
    const int RawBytes = 16; // of a number: as good as all of it
    const int Characters = 24;

    readonly SearchValues<string> _texts;
    readonly byte[][] _raw;

    Canaries(IEnumerable<string> texts, params byte[][] numbers)
    {
        var forms = texts.Concat(numbers.SelectMany(Forms)).ToArray();
        _texts = SearchValues.Create([.. forms.Concat(forms.SelectMany(Variants)).Distinct(StringComparer.Ordinal)], StringComparison.Ordinal);
        _raw = [.. numbers.Select(number => number[..RawBytes])];
    }

    /// <summary>A private key: whole lines of its PEM, and the number that it is made of.</summary>
    public static Canaries OfPrivateKey(string pem)
    {
        // The first half of an RSA key in PEM is its modulus, which anybody may know.
        var lines = pem.Split('\n').Where(line => line.Length == PemLine).ToArray();
        return new(lines.Skip(lines.Length > 4 ? lines.Length / 2 : 0).Take(4), SecretOf(pem));
    }

    /// <summary>What is meant to be known, to see that the search finds things: the public key of a certificate.</summary>
    public static Canaries OfPublicKey(string certificatePem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        using var key = certificate.GetECDsaPublicKey()!;
        return new([], key.ExportParameters(includePrivateParameters: false).Q.X!);
    }

    /// <summary>A text that is written as it is, if at all.</summary>
    public static Canaries OfText(string text) => new([text]);

    /// <summary>Files below a folder that hold one. What devices of other people keep in there is theirs.</summary>
    public static List<string> FindInFiles(string folder, Canaries[] canaries) =>
        [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device })
            .Where(path => !path.Contains("/devices/", StringComparison.Ordinal))
            .Where(path => AnyIn(Read(path), canaries))];

    /// <summary>Tables of any database of the server that hold one in a column of any type.</summary>
    public static async Task<List<string>> FindInDatabases(string server, Canaries[] canaries)
    {
        var found = new List<string>();
        await using var first = NpgsqlDataSource.Create(server);
        foreach (var database in await Names(first, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"))
        {
            await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString);
            foreach (var table in await Names(source, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"))
                if (AnyIn(await Rows(source, table), canaries)) found.Add($"{database}: {table}");
        }

        return found;
    }

    public static bool AnyIn(byte[] haystack, Canaries[] canaries)
    {
        var text = Encoding.Latin1.GetString(haystack);
        return canaries.Any(canary => text.AsSpan().ContainsAny(canary._texts) || canary._raw.Any(number => haystack.AsSpan().IndexOf(number) >= 0));
    }

    static byte[] SecretOf(string pem)
    {
        if (IsRsa(pem))
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return rsa.ExportParameters(includePrivateParameters: true).P!;
        }

        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key.ExportParameters(includePrivateParameters: true).D!;
    }

    static bool IsRsa(string pem)
    {
        using var key = KeyPair.FromPem(pem);
        return key.IsRsa;
    }

    // Hexadecimal, and base64 wherever in a longer text the number begins.
    static IEnumerable<string> Forms(byte[] number)
    {
        yield return Convert.ToHexStringLower(number)[..(2 * RawBytes)];
        yield return Convert.ToHexString(number)[..(2 * RawBytes)];
        for (var before = 0; before < 3; before++)
        {
            var text = Convert.ToBase64String([.. new byte[before], .. number]);
            yield return text.Substring(before == 0 ? 0 : before + 1, Characters); // behind what bits of the bytes before it are in
        }
    }

    // In base64 for addresses, and in JSON as .NET writes it.
    static IEnumerable<string> Variants(string text)
    {
        if (text.AsSpan().ContainsAny('+', '/')) yield return text.Replace('+', '-').Replace('/', '_');
        if (text.Contains('+', StringComparison.Ordinal)) yield return text.Replace("+", "\\u002B", StringComparison.Ordinal);
    }

    static async Task<List<string>> Names(NpgsqlDataSource source, string query)
    {
        var names = new List<string>();
        await using var command = source.CreateCommand(query);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) names.Add(reader.GetString(0));
        return names;
    }

    // As the server sends them: texts, JSON and bytes as they are.
    static async Task<byte[]> Rows(NpgsqlDataSource source, string table)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var copy = await connection.BeginRawBinaryCopyAsync($"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT BINARY)");
        using var rows = new MemoryStream();
        await copy.CopyToAsync(rows);
        return rows.ToArray();
    }

    static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            return []; // a socket, or a file that the database has just removed
        }
    }
}
