using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.CertificateAuthority.Trust;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Trust;

public sealed class RegisterAuthorityTests
{
    static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    const string Code = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void Whoever_signs_the_registration_code_has_the_key()
    {
        var ca = new Ca();
        var registered = Decide(ca, Ask(ca, ca.Verifies(Code))).Events.Single().ShouldBeOfType<AuthorityRegistered>();
        registered.CaCertificateId.ShouldBe(CertificateId.Of(ca.Certificate.RawData));
        registered.Terms.Active.ShouldBeFalse();
        registered.Terms.AutoRegistration.ShouldBeFalse();
    }

    [Fact]
    public void A_code_that_was_never_given_out_or_is_another_is_refused()
    {
        var ca = new Ca();
        Decide(ca, Ask(ca, ca.Verifies("another"))).Refusal!.Code.ShouldBe("registration-code");
        Decide(ca, Ask(ca, ca.Verifies(Code)), code: null).Refusal!.Code.ShouldBe("registration-code");
    }

    [Fact]
    public void Another_key_proves_nothing()
    {
        var ca = new Ca();
        Decide(ca, Ask(ca, new Ca().Verifies(Code))).Refusal!.Code.ShouldBe("certificate-invalid");
        Decide(ca, Ask(ca, null)).Refusal!.Code.ShouldBe("certificate-invalid");
    }

    [Fact]
    public void With_sni_only_nothing_is_proved_and_nothing_may_be_given()
    {
        var ca = new Ca();
        Decide(ca, Ask(ca, null) with { Mode = CertificateMode.SniOnly }).Events.Count.ShouldBe(1);
        Decide(ca, Ask(ca, ca.Verifies(Code)) with { Mode = CertificateMode.SniOnly }).Refusal!.Code.ShouldBe("invalid-request");
    }

    [Fact]
    public void A_device_is_no_authority()
    {
        var device = new Ca(isAuthority: false);
        Decide(device, Ask(device, device.Verifies(Code))).Refusal!.Code.ShouldBe("certificate-invalid");
        var expired = new Ca(until: Noon.AddDays(-1));
        Decide(expired, Ask(expired, expired.Verifies(Code))).Refusal!.Code.ShouldBe("certificate-invalid");
    }

    [Fact]
    public void An_authority_is_registered_once_and_ten_have_the_same_subject()
    {
        var ca = new Ca();
        var state = Decide(ca, Ask(ca, ca.Verifies(Code))).Events.Aggregate(TrustedAuthority.Initial, (current, @event) => current.Evolve(@event));
        Decide(ca, Ask(ca, ca.Verifies(Code)), state: state).Refusal!.Code.ShouldBe("already-exists");
        Decide(ca, Ask(ca, ca.Verifies(Code)), sameSubject: 10).Refusal!.Code.ShouldBe("limit-exceeded");
    }

    [Fact]
    public void Changing_twice_records_once_and_removal_forgets_the_template()
    {
        var ca = new Ca();
        var state = Decide(ca, Ask(ca, ca.Verifies(Code)) with { Config = new() { TemplateName = "t", RoleArn = "r" }, AutoRegistration = true })
            .Events.Aggregate(TrustedAuthority.Initial, (current, @event) => current.Evolve(@event));
        var activate = new UpdateTrustedAuthority { CaCertificateId = "x", Active = true, RequestedBy = "op" };
        var active = UpdateAuthority.Decide(activate, state, Noon).Events.Aggregate(state, (current, @event) => current.Evolve(@event));

        active.Terms.ShouldBe(new(true, true, "t", null, "r", false));
        UpdateAuthority.Decide(activate, active, Noon).Events.ShouldBeEmpty();
        DeleteAuthority.Decide(new() { CaCertificateId = "x", RequestedBy = "op" }, active, Noon).Refusal!.Code.ShouldBe("certificate-state");
        UpdateAuthority.Decide(activate with { Active = false, RemoveAutoRegistration = true }, active, Noon).Events
            .Aggregate(active, (current, @event) => current.Evolve(@event)).Terms.ShouldBe(new(false, false, null, null, null, false));
        UpdateAuthority.Decide(activate with { Config = new() { TemplateName = "a", TemplateBody = "b" } }, active, Noon).Refusal!.Code.ShouldBe("invalid-request");
        UpdateAuthority.Decide(activate, TrustedAuthority.Initial, Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void A_registration_code_stays_until_it_is_deleted()
    {
        var drawn = RegistrationCodes.Get(AccountRegistrationCode.Initial, RegistrationCodes.Draw(), "op", Noon).Events.Single();
        var state = AccountRegistrationCode.Initial.Evolve(drawn);
        state.Code!.Length.ShouldBe(64);
        RegistrationCodes.Get(state, RegistrationCodes.Draw(), "op", Noon).Events.ShouldBeEmpty();
        state.Evolve(RegistrationCodes.Delete(state, "op", Noon).Events.Single()).Code.ShouldBeNull();
        RegistrationCodes.Delete(AccountRegistrationCode.Initial, "op", Noon).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task Registered_authorities_are_found_listed_and_vouch_for_their_certificates()
    {
        await using var authority = await TestAuthority.Start();
        var register = new RegisterAuthority(authority.Store, authority.Ring, authority.Rules, authority.Clock);
        var find = new FindIssuer(authority.Store, authority.Ring, authority.Clock);
        await authority.Store.WriteToAggregate<AccountRegistrationCode, RegistrationCodeEvent>(
            AccountRegistrationCode.Stream, state => RegistrationCodes.Get(state, Code, "op", Noon));
        var (first, second) = (new Ca(), new Ca());
        var leaf = first.Signs("SN-1");
        (await find.Handle(new() { CertificatePem = leaf }, default)).Refusal!.Code.ShouldBe("certificate-invalid");

        (await register.Handle(Ask(first, first.Verifies(Code)) with { Active = true }, default)).Refusal.ShouldBeNull();
        authority.Clock.Advance(TimeSpan.FromSeconds(1));
        (await register.Handle(Ask(second, second.Verifies(Code)) with { Config = new() { TemplateName = "t" } }, default)).Refusal.ShouldBeNull();

        var found = await find.Handle(new() { CertificatePem = leaf }, default);
        found.Found!.CaCertificateId.ShouldBe(first.Id);
        (await find.Handle(new() { CertificatePem = leaf, CaCertificatePem = second.Pem }, default)).Refusal!.Code.ShouldBe("certificate-invalid");
        (await find.Handle(new() { CertificatePem = second.Signs("SN-2") }, default)).Refusal.ShouldNotBeNull("it is not active");

        var page = await AuthoritiesTable.List(authority.Store.DataSource, new() { Page = new() { Limit = 1 } }, default);
        page.Items.Single().CaCertificateId.ShouldBe(first.Id);
        var next = await AuthoritiesTable.List(authority.Store.DataSource, new() { Page = new() { Limit = 1, After = page.Next } }, default);
        next.Items.Single().CaCertificateId.ShouldBe(second.Id);
        next.Next.ShouldBeNull();
        (await AuthoritiesTable.List(authority.Store.DataSource, new() { Page = new() { Limit = 9 }, TemplateName = "t" }, default)).Items.Single().CaCertificateId.ShouldBe(second.Id);
        (await AuthoritiesTable.Active(authority.Store.DataSource, null, default)).Single().CaCertificateId.ShouldBe(first.Id);
    }

    [Fact]
    public async Task The_platforms_own_authorities_are_not_registered_a_second_time()
    {
        await using var authority = await TestAuthority.Start();
        var register = new RegisterAuthority(authority.Store, authority.Ring, authority.Rules, authority.Clock);
        var own = new RegisterTrustedAuthority { CaCertificatePem = authority.Ring.Active.CertificatePem, Mode = CertificateMode.SniOnly, RequestedBy = "op" };
        (await register.Handle(own, default)).Refusal!.Code.ShouldBe("certificate-invalid");
    }

    static Decision<AuthorityEvent> Decide(Ca ca, RegisterTrustedAuthority command, string? code = Code, long sameSubject = 0, TrustedAuthority? state = null) =>
        RegisterAuthority.Decide(command, TrustAnchor.Read(ca.Certificate.RawData), code, sameSubject, state ?? TrustedAuthority.Initial, Noon);

    static RegisterTrustedAuthority Ask(Ca ca, string? verification) => new()
    {
        CaCertificatePem = ca.Pem, VerificationCertificatePem = verification, Mode = CertificateMode.Default, RequestedBy = "op",
    };

    /// <summary>A customer's CA, made by the framework.</summary>
    sealed class Ca
    {
        readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Ca(bool isAuthority = true, DateTimeOffset? until = null)
        {
            var request = new CertificateRequest("CN=Customer CA", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            Certificate = request.CreateSelfSigned(Noon.AddDays(-30), until ?? Noon.AddDays(30));
        }

        public X509Certificate2 Certificate { get; }
        public string Pem => Certificate.ExportCertificatePem();
        public string Id => CertificateId.Of(Certificate.RawData);

        public string Verifies(string code) => Signs(code);

        public string Signs(string commonName)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
            using var signed = request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), Noon.AddHours(-1), Noon.AddDays(1), RandomNumberGenerator.GetBytes(16));
            return signed.ExportCertificatePem();
        }
    }
}
