using System.Buffers;
using System.Security.Cryptography;

namespace FleetPlatform.Pki.Tests.Revocation;

/// <summary>Revocation lists as openssl reads them (peers 3.2 cases 14 and 17), and what an authority refuses to sign.</summary>
public sealed class RevocationListTests : IDisposable
{
    const string Url = "http://pki.example.com/issuing-1/3.crl";
    readonly Authority _authority = new();
    readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(Authority.Noon.AddDays(30).ToUnixTimeSeconds());

    [Fact]
    public async Task Openssl_verifies_a_certificate_against_a_shard_and_finds_the_revoked_one()
    {
        var points = new RevocationPoints("http://pki.example.com", "issuing-1", Shards: 1);
        var (good, revoked) = (Issue(points), Issue(points));
        var list = await Sign([Entry(revoked, reason: 1)], distributionPoint: points.ListUrl(0));

        var crl = _authority.File("list.pem", PemEncoding.WriteString("X509 CRL", list) + "\n");
        var text = OpenSsl.Run("crl", "-in", crl, "-noout", "-text", "-verify", "-CAfile", _authority.File("issuing.pem.crt", Pem.WriteCertificate(_authority.IssuingDer))).Output;
        text.ShouldContain("verify OK");
        text.ShouldContain("Key Compromise");
        text.ShouldContain("URI:http://pki.example.com/issuing-1/0.crl");
        Verify(good, crl).ShouldBe(0);
        Verify(revoked, crl).ShouldNotBe(0);
    }

    [Fact]
    public async Task Openssl_reads_a_whole_list_and_its_changes()
    {
        var whole = await Sign([Entry(Issue(null), 0), Entry(Issue(null), 6)], number: 7, freshest: "http://pki.example.com/issuing-1/delta.crl");
        var delta = await Sign([Entry(Issue(null), 8)], number: 9, basis: 7);
        var empty = await Sign([], number: 10);

        Text(whole).ShouldContain("Freshest CRL");
        Text(whole).ShouldContain("Certificate Hold");
        Text(delta).ShouldContain("Delta CRL Indicator: critical");
        Text(delta).ShouldContain("Remove From CRL");
        Text(empty).ShouldContain("No Revoked Certificates");
    }

    [Fact]
    public async Task It_is_read_the_same_however_it_is_cut_into_pieces()
    {
        var (tbs, _) = Draft([Entry(Issue(null), 1), Entry(Issue(null), 0), Entry(Issue(null), 4)]);
        var expected = await Examine([tbs]);

        foreach (var size in (int[])[1, 2, 3, 7, 50, 100])
            (await Examine([.. tbs.Chunk(size)])).HashHex.ShouldBe(expected.HashHex);
        expected.Entries.ShouldBe(3);
        expected.HashHex.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(tbs)));
    }

    [Fact]
    public async Task What_is_not_a_list_of_this_authority_is_not_signed()
    {
        using var other = new Authority(Authority.Noon.AddDays(1));
        var (list, _) = Draft([Entry(Issue(null), 1)]);
        var certificate = CertificateText.Read(_authority.Issue(Csr.Ec())).Tbs.ToArray();
        RevocationListEntry twice = Entry(Issue(null), 1);

        await Refuses(certificate);
        await Refuses([]);
        await Refuses([.. list, 0]);
        await Refuses(list[..^1]);
        await Refuses(Draft([twice, twice], sort: false).Tbs);
        await Refuses(Draft([Entry(Issue(null), 8)]).Tbs); // removeFromCRL on a whole list
        await Refuses(Draft([Entry(Issue(null), 7)]).Tbs);
        await Refuses(Draft([Entry(Issue(null), 1) with { RevokedAt = _now.AddDays(1) }]).Tbs);
        await Refuses(Draft([], fields => fields with { Issuer = SubjectName.OfCommonName("Somebody else") }).Tbs);
        await Refuses(Draft([], fields => fields with { IssuerKeyIdentifier = new byte[20] }).Tbs);
        await Refuses(Draft([], fields => fields with { SignatureAlgorithm = Oids.EcdsaSha384 }).Tbs);
        await Refuses(Draft([], fields => fields with { NextUpdate = _now.AddDays(11) }).Tbs);
        await Refuses(Draft([], fields => fields with { ThisUpdate = _now.AddDays(-20), NextUpdate = _now.AddDays(-15) }).Tbs);
        await Refuses(Draft([], fields => fields with { BaseNumber = 5 }).Tbs); // a delta of its own number
        (await Examine([list])).Number.ShouldBe(5);
    }

    [Fact]
    public async Task Any_flipped_bit_is_either_refused_or_leaves_a_list_of_this_authority()
    {
        var (tbs, _) = Draft([Entry(Issue(null), 1)], fields => fields with { DistributionPoint = Url });
        for (var bit = 0; bit < tbs.Length * 8; bit++)
        {
            var changed = tbs.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                var examined = await Examine([changed]);
                examined.Length.ShouldBe(changed.Length);
            }
            catch (PkiException)
            {
                // refused, as it should be
            }
        }
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces(IEnumerable<byte[]> pieces)
    {
        foreach (var piece in pieces) yield return piece;
        await Task.CompletedTask;
    }

    Task<ExaminedRevocationList> Examine(IEnumerable<byte[]> pieces) => RevocationListExaminer.Examine(
        Pieces(pieces), new() { Issuer = _authority.Issuer.Certificate, SignatureAlgorithm = _authority.Issuer.SignatureAlgorithm, Now = _now });

    async Task Refuses(byte[] tbs) => (await Should.ThrowAsync<PkiException>(Examine([tbs]))).Code.ShouldBe(PkiFailures.CertificateInvalid);

    async Task<byte[]> Sign(IEnumerable<RevocationListEntry> entries, long number = 5, string? distributionPoint = null, long? basis = null, string? freshest = null)
    {
        var (tbs, fields) = Draft(entries, fields => fields with { Number = number, DistributionPoint = distributionPoint, BaseNumber = basis, FreshestList = freshest });
        var (head, tail) = RevocationListWriter.WriteEnvelope(tbs.Length, fields.SignatureAlgorithm, _authority.Issuer.Sign(await Examine([tbs])));
        return [.. head, .. tbs, .. tail];
    }

    (byte[] Tbs, RevocationListFields Fields) Draft(IEnumerable<RevocationListEntry> entries, Func<RevocationListFields, RevocationListFields>? change = null, bool sort = true)
    {
        var fields = new RevocationListFields
        {
            SignatureAlgorithm = _authority.Issuer.SignatureAlgorithm, Issuer = _authority.Issuer.Certificate.Subject,
            IssuerKeyIdentifier = _authority.Issuer.Certificate.SubjectKeyIdentifier!.Value, ThisUpdate = _now, NextUpdate = _now.AddDays(2), Number = 5,
        };
        fields = change?.Invoke(fields) ?? fields;
        var output = new ArrayBufferWriter<byte>();
        foreach (var entry in sort ? entries.OrderBy(entry => Convert.ToHexString(entry.SerialNumber.Span), StringComparer.Ordinal) : entries)
            RevocationListWriter.WriteEntry(output, entry);
        var (head, tail) = RevocationListWriter.WriteAround(fields, output.WrittenCount);
        return ([.. head, .. output.WrittenSpan, .. tail], fields);
    }

    byte[] Issue(RevocationPoints? points)
    {
        var request = SigningRequest.Read(Csr.Ec());
        return _authority.Issuer.Sign(_authority.Issuer.Prepare(Authority.DeviceProfile, request.Subject, request.SubjectPublicKeyInfo, [], Authority.Noon, points));
    }

    RevocationListEntry Entry(byte[] certificate, int reason) => new(CertificateText.Read(certificate).SerialNumber, _now.AddDays(-1), reason);

    int Verify(byte[] certificate, string crl) => OpenSsl.Run(
        "verify", "-attime", $"{_now.AddHours(1).ToUnixTimeSeconds()}", "-crl_check", "-CRLfile", crl,
        "-CAfile", _authority.File("root.crt", Pem.WriteCertificate(_authority.RootDer)), "-untrusted", _authority.File("issuing.crt", Pem.WriteCertificate(_authority.IssuingDer)),
        _authority.File("leaf.crt", Pem.WriteCertificate(certificate))).ExitCode;

    string Text(byte[] list) => OpenSsl.Run("crl", "-in", _authority.File("text.pem", PemEncoding.WriteString("X509 CRL", list) + "\n"), "-noout", "-text").Output;

    public void Dispose() => _authority.Dispose();
}
