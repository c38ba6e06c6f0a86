using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FleetPlatform.Cli.Transparency;
using FleetPlatform.Pki;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.Cli.Tests.Transparency;

/// <summary>An auditor and a log that lies.</summary>
public sealed class VerifyLogTests : IDisposable
{
    static readonly string Certificate = new('a', 64);

    readonly Log _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task An_honest_log_verifies_as_it_grows()
    {
        _log.Add("issued", new('b', 64));
        _log.Add("issued", Certificate);
        var first = await Run(_log.Seen, Certificate);
        _log.Add("revoked", Certificate);
        _log.Add("issued", new('c', 64));
        var second = await Run(first.Seen, Certificate);

        first.Fault.ShouldBeNull();
        second.Fault.ShouldBeNull();
        second.Lines.ShouldContain(line => line.Contains("grown out of the one seen before, of 2 entries", StringComparison.Ordinal));
        second.Lines.Count(line => line.StartsWith("entry ", StringComparison.Ordinal)).ShouldBe(2);
        (await Run(second.Seen, new('d', 64))).Fault!.ShouldContain("not in the log as issued");
    }

    [Fact]
    public async Task A_log_that_was_rewritten_or_cut_is_found_and_not_remembered()
    {
        for (var i = 0; i < 5; i++) _log.Add("issued", Certificate);
        var seen = (await Run(_log.Seen)).Seen;
        using var other = _log.Forked();
        for (var i = 0; i < 5; i++) other.Add("issued", new('b', 64));

        var rewritten = await Run(seen, log: other);
        rewritten.Fault!.ShouldContain("has not grown out of");
        rewritten.Seen.ShouldBe(seen);
        other.Add("issued", new('b', 64));
        (await Run(seen, log: other)).Fault!.ShouldContain("has not grown out of");
        using var shorter = _log.Forked();
        shorter.Add("issued", Certificate);
        (await Run(seen, log: shorter)).Fault!.ShouldContain("taken out");
    }

    [Fact]
    public async Task An_entry_or_a_key_that_is_not_the_signed_one_is_found()
    {
        _log.Add("issued", Certificate);
        _log.Add("issued", new('b', 64));
        var seen = (await Run(_log.Seen)).Seen;
        using var other = new Log();
        other.Add("issued", Certificate);

        (await Run(seen, log: other)).Fault!.ShouldContain("not signed with the log's key");
        _log.Lie = "revoked";
        (await Run(seen, Certificate)).Fault!.ShouldContain("is not what the signed tree holds");
    }

    async Task<VerifiedLog> Run(SeenLog seen, string? certificate = null, Log? log = null)
    {
        using var http = new HttpClient(log ?? _log, disposeHandler: false) { BaseAddress = new("http://log.example/log/") };
        return await VerifyLog.Run(new LogServer(http), seen, certificate, CancellationToken.None);
    }

    /// <summary>A log at the other end of HTTP, with a key of its own.</summary>
    sealed class Log : HttpMessageHandler
    {
        const string Origin = "log.example";

        readonly ECDsa _key;
        readonly List<string> _entries = [];
        readonly Dictionary<TreeNode, byte[]> _nodes = [];
        readonly MerkleFrontier _tree = new();

        public Log(ECDsa? key = null) => _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public SeenLog Seen => new("http://log.example", Checkpoint.WriteKey(Origin, _key.ExportSubjectPublicKeyInfo()), null);

        /// <summary>What it calls every entry.</summary>
        public string? Lie { get; set; }

        /// <summary>Another history under the same key.</summary>
        public Log Forked() => new(ECDsa.Create(_key.ExportParameters(includePrivateParameters: true)));

        public void Add(string kind, string certificateId)
        {
            var entry = JsonSerializer.Serialize(new { kind, certificateId, number = _entries.Count });
            _entries.Add(entry);
            foreach (var (node, hash) in _tree.Add(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(entry)))) _nodes.Add(node, hash);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.RequestUri!.AbsolutePath["/log/".Length..].Split('/') switch
            {
                ["checkpoint"] => new Checkpoint(Origin, _tree.Size, _tree.Root).Sign(new Signer(_key)),
                ["certificates", var id] => JsonSerializer.Serialize(new { indexes = Enumerable.Range(0, _entries.Count).Where(i => _entries[i].Contains(id, StringComparison.Ordinal)) }),
                ["entries", var range] => JsonSerializer.Serialize(new { entries = (string[])[Show(int.Parse(range.Split('-')[0], null))] }),
                ["proofs", "inclusion", var size, var index] => Hashes(MerkleTree.InclusionProof(long.Parse(index, null), long.Parse(size, null))),
                ["proofs", "consistency", var former, var size] => Hashes(MerkleTree.ConsistencyProof(long.Parse(former, null), long.Parse(size, null))),
                _ => null,
            };
            return Task.FromResult(body is null ? new HttpResponseMessage(HttpStatusCode.NotFound) : new() { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }

        protected override void Dispose(bool disposing)
        {
            _key.Dispose();
            base.Dispose(disposing);
        }

        string Show(int index) => Lie is null ? _entries[index] : _entries[index].Replace("issued", Lie, StringComparison.Ordinal);

        string Hashes(IReadOnlyList<IReadOnlyList<TreeNode>> proof) => JsonSerializer.Serialize(new { hashes = proof.Select(cover => MerkleTree.HashOf(cover, node => _nodes[node])) });

        sealed class Signer(ECDsa key) : IIssuerKey
        {
            public ReadOnlyMemory<byte> SubjectPublicKeyInfo => key.ExportSubjectPublicKeyInfo();

            public string SignatureAlgorithm => Oids.EcdsaSha256;

            public byte[] Sign(ReadOnlySpan<byte> toBeSigned) => key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

            public byte[] SignHash(ReadOnlySpan<byte> hash) => key.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence);

            public void Dispose() => key.Dispose();
        }
    }
}
