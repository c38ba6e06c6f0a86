namespace FleetPlatform.Pki.Tests.Revocation;

public sealed class SignedRevocationListTests : IDisposable
{
    static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    readonly string _folder = Directory.CreateTempSubdirectory("root-list-").FullName;
    readonly FileIssuerKey _key;
    readonly CertificateText _root;

    public SignedRevocationListTests()
    {
        _key = FileIssuerKey.Create(Path.Combine(_folder, "root.pem"), "passphrase", IssuerKeyType.EcdsaP384);
        _root = CertificateText.Read(CertificateIssuer.SelfSign(_key, CertificateProfile.Authority("root", TimeSpan.FromDays(100), null), SubjectName.OfCommonName("Root"), Noon));
    }

    [Fact]
    public void What_was_signed_is_read_back_in_order_and_once_each()
    {
        byte[] one = [.. SerialNumber.Draw(1).Octets], short_ = [5];
        var list = SignedRevocationList.Read(SignedRevocationList.Sign(_root, _key, [new(one, Noon, 2), new(short_, Noon, 0), new(one, Noon, 1)], 7, Noon, TimeSpan.FromDays(3650)));

        list.Entries.Select(entry => (Convert.ToHexString(entry.SerialNumber.Span), entry.Reason)).ShouldBe([("05", 0), (Convert.ToHexString(one), 2)]);
        (list.Number, list.ThisUpdate, list.NextUpdate).ShouldBe((7, Noon, _root.NotAfter), "it does not outlive the root");
        list.IsSignedBy(_root).ShouldBeTrue();
    }

    [Fact]
    public void Every_octet_counts_whatever_is_changed_it_is_refused_or_not_the_roots()
    {
        var der = SignedRevocationList.Sign(_root, _key, [new(SerialNumber.Draw(1).Octets.ToArray(), Noon, 2)], 7, Noon, TimeSpan.FromDays(30));
        for (var at = 0; at < der.Length; at++)
        {
            var changed = der.ToArray();
            changed[at] ^= 0x01;
            try
            {
                SignedRevocationList.Read(changed).IsSignedBy(_root).ShouldBeFalse($"octet {at}");
            }
            catch (PkiException)
            {
                // refused
            }
        }
    }

    [Fact]
    public void A_list_of_changes_or_of_a_part_cannot_stand_for_the_whole()
    {
        foreach (var fields in (RevocationListFields[])[Fields() with { BaseNumber = 3 }, Fields() with { DistributionPoint = "http://pki/1.crl" }])
        {
            var (head, tail) = RevocationListWriter.WriteAround(fields, 0);
            byte[] tbs = [.. head, .. tail];
            var (before, after) = RevocationListWriter.WriteEnvelope(tbs.Length, _key.SignatureAlgorithm, _key.Sign(tbs));
            Should.Throw<PkiException>(() => SignedRevocationList.Read((byte[])[.. before, .. tbs, .. after])).Code.ShouldBe(PkiFailures.CertificateInvalid);
        }

        RevocationListFields Fields() => new()
        {
            SignatureAlgorithm = _key.SignatureAlgorithm, Issuer = _root.Subject, IssuerKeyIdentifier = _root.SubjectKeyIdentifier!.Value, ThisUpdate = Noon, NextUpdate = Noon.AddDays(1), Number = 7,
        };
    }

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
