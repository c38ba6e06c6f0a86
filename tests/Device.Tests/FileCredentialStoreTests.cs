namespace FleetPlatform.Device.Tests;

public sealed class FileCredentialStoreTests : IDisposable
{
    readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("fleet-slots-").FullName, "slots");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public void Slots_are_files_of_their_owner_alone()
    {
        var store = new FileCredentialStore(_folder);
        store.StoreClaim(Credentials.Make());
        store.StoreDevice(Credentials.Make());

        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(
            ["Claim Cert TLS", "Claim Priv TLS Key", "Device Cert TLS", "Device Priv TLS Key"], ignoreOrder: true);
        foreach (var file in Directory.GetFiles(_folder)) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(_folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void What_is_stored_is_read_by_the_next_start()
    {
        var (claim, device) = (Credentials.Make(), Credentials.Make());
        var store = new FileCredentialStore(_folder);
        store.StoreClaim(claim);
        store.StoreDevice(device);
        store.StoreIdentity(new() { CertificateId = device.CertificateId, ThingName = "t", Configuration = new Dictionary<string, string> { ["a"] = "b" } });

        var next = new FileCredentialStore(_folder);

        next.ReadClaim()!.CertificateId.ShouldBe(claim.CertificateId);
        next.ReadDevice()!.CertificateId.ShouldBe(device.CertificateId);
        next.ReadIdentity()!.ShouldSatisfyAllConditions(identity => identity.ThingName.ShouldBe("t"), identity => identity.Configuration["a"].ShouldBe("b"));
    }

    [Fact]
    public void A_key_of_another_certificate_is_no_credential()
    {
        var store = new FileCredentialStore(_folder);
        store.StoreDevice(Credentials.Make());
        File.WriteAllText(Path.Combine(_folder, FileCredentialStore.DeviceKeySlot), Credentials.Make().PrivateKeyPem);

        store.ReadDevice().ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("half a certifi")]
    public void A_damaged_slot_is_an_empty_one(string contents)
    {
        var store = new FileCredentialStore(_folder);
        store.StoreClaim(Credentials.Make());
        File.WriteAllText(Path.Combine(_folder, FileCredentialStore.ClaimCertificateSlot), contents);
        File.WriteAllText(Path.Combine(_folder, FileCredentialStore.IdentitySlot), contents);

        store.ReadClaim().ShouldBeNull();
        store.ReadIdentity().ShouldBeNull();
    }

    [Fact]
    public void A_credential_never_shows_its_key() =>
        Credentials.Make().ShouldSatisfyAllConditions(credential => credential.ToString().ShouldBe($"credential {credential.CertificateId}"));
}

static class Credentials
{
    public static Credential Make()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return new(certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
    }
}
