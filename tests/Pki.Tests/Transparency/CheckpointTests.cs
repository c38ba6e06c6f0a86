using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.Pki.Tests.Transparency;

/// <summary>C2SP tlog-checkpoint and signed-note.</summary>
public sealed class CheckpointTests : IDisposable
{
    const string Origin = "plant.example/certificates";
    const string Body = "plant.example/certificates\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n";
    static readonly Checkpoint Three = new(Origin, 3, Convert.FromHexString("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"));

    readonly NoteKey _key = new();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_checkpoint_is_written_as_the_specification_says()
    {
        var note = Three.Sign(_key);

        note.ShouldStartWith($"{Body}\n\u2014 plant.example/certificates ");
        var line = note[(Body.Length + 1)..];
        line.ShouldEndWith("\n");
        var signature = Convert.FromBase64String(line.TrimEnd('\n').Split(' ')[2]);
        signature[..4].ShouldBe(SHA256.HashData(_key.SubjectPublicKeyInfo.Span)[..4]);
        _key.Verifies(Encoding.UTF8.GetBytes(Body), signature.AsSpan(4)).ShouldBeTrue();
        var opened = Checkpoint.Open(note, Origin, _key.SubjectPublicKeyInfo.Span);
        (opened.Origin, opened.Size).ShouldBe((Origin, 3));
        opened.Root.ShouldBe(Three.Root);
    }

    [Fact]
    public void A_key_is_written_as_verifiers_take_it()
    {
        var text = Checkpoint.WriteKey(Origin, _key.SubjectPublicKeyInfo.Span);

        text.Split('+', 3)[..2].ShouldBe([Origin, Convert.ToHexStringLower(SHA256.HashData(_key.SubjectPublicKeyInfo.Span)[..4])]);
        Convert.FromBase64String(text.Split('+', 3)[2])[0].ShouldBe((byte)2);
        var (origin, key) = Checkpoint.ReadKey(text);
        (origin, Convert.ToHexString(key)).ShouldBe((Origin, Convert.ToHexString(_key.SubjectPublicKeyInfo.Span)));
        Should.Throw<CryptographicException>(() => Checkpoint.ReadKey(text.Replace($"{Origin}+", $"{Origin}+0", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_signature_of_an_unknown_witness_beside_the_logs_own_does_no_harm()
    {
        var note = Three.Sign(_key);

        Checkpoint.Open(note.Insert(Body.Length + 1, "\u2014 witness.example AAAAAAAA\n"), Origin, _key.SubjectPublicKeyInfo.Span).Size.ShouldBe(3);
    }

    [Fact]
    public void Any_changed_character_is_found()
    {
        var note = Three.Sign(_key);
        for (var i = 0; i < note.Length - 5; i++) // the last characters of Base64 hold bits that mean nothing
        {
            var changed = new StringBuilder(note) { [i] = note[i] == '7' ? '8' : '7' }.ToString();
            Should.Throw<CryptographicException>(() => Checkpoint.Open(changed, Origin, _key.SubjectPublicKeyInfo.Span), changed);
        }
    }

    [Fact]
    public void Another_log_and_another_key_are_refused()
    {
        using var other = new NoteKey();
        Should.Throw<CryptographicException>(() => Checkpoint.Open(Three.Sign(_key), "plant.example/other", _key.SubjectPublicKeyInfo.Span));
        Should.Throw<CryptographicException>(() => Checkpoint.Open(Three.Sign(other), Origin, _key.SubjectPublicKeyInfo.Span));
        foreach (var nonsense in (string[])["", "\n\n", "a\n\n", $"{Origin}\n-1\nAAAA\n\n", new string('x', 10_000)])
            Should.Throw<CryptographicException>(() => Checkpoint.Open(nonsense, Origin, _key.SubjectPublicKeyInfo.Span));
    }

    sealed class NoteKey : IIssuerKey
    {
        readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public ReadOnlyMemory<byte> SubjectPublicKeyInfo => _key.ExportSubjectPublicKeyInfo();

        public string SignatureAlgorithm => Oids.EcdsaSha256;

        public byte[] Sign(ReadOnlySpan<byte> toBeSigned) => _key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        public byte[] SignHash(ReadOnlySpan<byte> hash) => _key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);

        public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => _key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        public void Dispose() => _key.Dispose();
    }
}
