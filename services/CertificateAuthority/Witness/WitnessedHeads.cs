using System.Security.Cryptography;
using FleetPlatform.Pki;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.CertificateAuthority.Witness;

/// <summary>
/// What was signed last for each store, in a file each, as it was signed: <c>witness/{store}.note</c> in the data directory. Not in a database, and no event: this is what is held against
/// somebody who has them all.
/// </summary>
sealed class WitnessedHeads(CertificateAuthorityOptions options)
{
    /// <summary>Whether a text can name a store, and its file.</summary>
    public static bool IsStore(string text) => text.Length is > 0 and <= 64 && text.All(letter => char.IsAsciiLetterLower(letter) || letter == '-');

    public static Checkpoint BeginningOf(string store) => new(Checkpoint.OriginOfStore(store), 0, new byte[MerkleTree.HashLength]);

    /// <summary>The last end, with its note.</summary>
    /// <exception cref="InvalidOperationException">The file is not what was signed with this key.</exception>
    public async Task<(Checkpoint Head, string? Note)> Read(string store, IIssuerKey key, CancellationToken cancellation)
    {
        var path = PathOf(store);
        if (!File.Exists(path)) return (BeginningOf(store), null);
        var note = await File.ReadAllTextAsync(path, cancellation);
        try
        {
            return (Checkpoint.Open(note, Checkpoint.OriginOfStore(store), key.SubjectPublicKeyInfo.Span), note);
        }
        catch (CryptographicException wrong)
        {
            throw new InvalidOperationException($"{path} is not what this authority has signed: {wrong.Message}", wrong);
        }
    }

    /// <summary>Replaces the last end, in one step.</summary>
    public void Write(string store, string note) => OwnerOnlyFile.Write(PathOf(store), note);

    string PathOf(string store) => Path.Combine(options.DataDirectory, "witness", $"{store}.note");
}
