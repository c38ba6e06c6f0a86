using System.Security.Cryptography;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using Selecting = FleetPlatform.ThingRegistry.Principals.SelectCertificates;

namespace FleetPlatform.ThingRegistry.Principals;

public sealed class SelectCertificatesTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_thing_group_and_template_in_pages_that_neither_skip_nor_repeat()
    {
        var (parent, child, template) = (A.Name("parent"), A.Name("child"), A.Name("template"));
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = parent, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        await Groups.CreateThingGroup.Handle(new() { ThingGroupName = child, ParentGroupName = parent, RequestedBy = "test" }, fixture.Registry, new(), Cancellation);
        var certificates = Enumerable.Range(0, 5).Select(_ => A.CertificateId()).ToArray();
        foreach (var (id, number) in certificates.Select((id, number) => (id, number)))
        {
            var item = A.Provisioning(id, $"{child}-{number}");
            (await fixture.Apply(item with
            {
                TemplateName = template,
                TemplateVersion = number < 2 ? 1 : 2,
                Thing = item.Thing! with { ThingGroups = [number == 0 ? parent : child] },
            })).Refused.ShouldBeNull();
        }

        (await All(SelectorKind.Group, parent)).ShouldBe(certificates, ignoreOrder: true);
        (await All(SelectorKind.Group, child)).ShouldBe(certificates[1..], ignoreOrder: true);
        (await All(SelectorKind.Thing, $"{child}-3")).ShouldBe([certificates[3]]);
        (await All(SelectorKind.Template, template)).ShouldBe(certificates);
        (await All(SelectorKind.Template, template, version: 2)).ShouldBe(certificates[2..]);
        (await All(SelectorKind.Template, "none")).ShouldBeEmpty();
        var named = await Selecting.Handle(new() { CertificateIds = [certificates[1], A.CertificateId()] }, fixture.Registry.Database, Cancellation);
        named.Items.Select(item => item.ThingNames.Count).ShouldBe([1, 0]);
    }

    [Fact]
    public async Task By_public_key_what_was_registered()
    {
        var pem = A.CertificatePem();
        await Principals.RegisterCertificate.Handle(A.Registration(pem), fixture.Registry, new(), Cancellation);
        var certificate = CertificateText.ReadPem(pem);
        (await All(SelectorKind.PublicKey, Convert.ToHexStringLower(SHA256.HashData(certificate.SubjectPublicKeyInfo.Span))))
            .ShouldBe([CertificateId.Of(Pem.ReadCertificate(pem))]);
    }

    [Fact]
    public async Task By_the_own_ca_that_they_came_under()
    {
        var (authority, other) = (A.CertificateId(), A.CertificateId());
        var pems = Enumerable.Range(0, 5).Select(_ => A.CertificatePem()).ToArray();
        foreach (var pem in pems)
            (await Principals.RegisterCertificate.Handle(A.Registration(pem) with { CaCertificateId = authority }, fixture.Registry, new(), Cancellation)).Written.Refusal.ShouldBeNull();
        await Principals.RegisterCertificate.Handle(A.Registration(A.CertificatePem()) with { CaCertificateId = other }, fixture.Registry, new(), Cancellation);

        (await All(SelectorKind.Issuer, authority)).ShouldBe(pems.Select(pem => CertificateId.Of(Pem.ReadCertificate(pem))), ignoreOrder: true);
    }

    async Task<IReadOnlyList<string>> All(SelectorKind kind, string value, int? version = null)
    {
        var found = new List<string>();
        string? after = null;
        do
        {
            var page = await Selecting.Handle(
                new() { Selector = new() { Kind = kind, Value = value, Version = version }, After = after, Limit = 2 }, fixture.Registry.Database, Cancellation);
            found.AddRange(page.Items.Select(item => item.CertificateId));
            after = page.Next;
        }
        while (after is not null);
        return found;
    }
}
