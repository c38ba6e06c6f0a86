using System.Security.Cryptography;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Orders;
using FleetPlatform.ServiceDefaults;
using static FleetPlatform.Contracts.Revocation.RevocationReason;
using PlaceRevocationOrder = FleetPlatform.Revocation.Orders.PlaceRevocationOrder;

namespace FleetPlatform.Revocation.Tests.Orders;

/// <summary>Orders on a real database: peers 3.2 case 34, one order takes back everything a stolen claim created.</summary>
public sealed class CarryOutTests
{
    static readonly string Claim = new('c', 64);

    [Fact]
    public async Task Everything_a_claim_created_is_revoked_page_by_page_and_repeating_the_order_changes_nothing()
    {
        await using var service = await RevocationUnderTest.Start();
        var stolen = await service.Issues(25, Claim);
        var others = await service.Issues(3, new string('d', 64));

        var order = await service.Orders(Of(SelectorKind.Claim, Claim), TrustAction.Revoke, KeyCompromise, page: 10);
        var again = await service.Orders(Of(SelectorKind.Claim, Claim), TrustAction.Revoke, KeyCompromise);

        (order.Selected, order.Changed, order.Unchanged, order.Refused).ShouldBe((25, 25, 0, 0));
        (again.Selected, again.Changed, again.Unchanged, again.Refused).ShouldBe((25, 0, 25, 0));
        foreach (var item in stolen) (await service.ReasonOf(item.CertificateId)).ShouldBe(KeyCompromise);
        foreach (var item in others) (await service.ReasonOf(item.CertificateId)).ShouldBeNull();
    }

    [Fact]
    public async Task An_interrupted_order_goes_on_behind_its_last_page_and_two_who_carry_it_out_do_it_once()
    {
        await using var service = await RevocationUnderTest.Start();
        await service.Issues(40, Claim, issuer: "issuing-7");
        const string id = "interrupted";
        await PlaceRevocationOrder.Handle(
            new() { OrderId = id, Selector = Of(SelectorKind.Issuer, "issuing-7"), Action = TrustAction.Revoke, Reason = CaCompromise, RequestedBy = "operator" },
            service.Store, TimeProvider.System, default);
        (await service.CarryOut(page: 7).NextPage(id, default)).ShouldBeTrue(); // and the process dies
        (await OrdersTable.FindOpen(service.Source, default)).ShouldBe([id]);

        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            var carryOut = service.CarryOut(page: 7);
            while (await carryOut.NextPage(id, default))
            {
            }
        }));

        var order = await service.Store.AggregateStreamAsync<Order, OrderEvent>(Order.StreamOf(id));
        (order.Selected, order.Changed).ShouldBe((40, 40));
        order.CompletedAt.ShouldNotBeNull();
        (await OrdersTable.FindOpen(service.Source, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_suspended_certificate_comes_back_and_a_revoked_one_does_not()
    {
        await using var service = await RevocationUnderTest.Start();
        var (held, revoked) = (RevocationUnderTest.AnId(), RevocationUnderTest.AnId());
        service.Registry.ThingsOf[held] = ["line-3"];
        service.Registry.ThingsOf[revoked] = ["line-3"];
        await service.Orders(Of(SelectorKind.Certificate, revoked), TrustAction.Revoke, Superseded);

        var suspended = await service.Orders(Of(SelectorKind.Group, "line-3"), TrustAction.Suspend);
        (await service.ReasonOf(held)).ShouldBe(CertificateHold);
        (await service.ReasonOf(revoked)).ShouldBe(Superseded);
        var reinstated = await service.Orders(Of(SelectorKind.Group, "line-3"), TrustAction.Reinstate);

        (suspended.Changed, suspended.Unchanged).ShouldBe((1, 1));
        (reinstated.Changed, reinstated.Refused).ShouldBe((1, 1));
        (await service.ReasonOf(held)).ShouldBeNull();
        (await service.ReasonOf(revoked)).ShouldBe(Superseded);
    }

    [Fact]
    public async Task Certificates_on_a_key_are_found_wherever_they_came_from_and_one_that_has_expired_can_be_revoked()
    {
        await using var service = await RevocationUnderTest.Start();
        var issued = await service.Issues(2, Claim);
        var key = Convert.ToHexStringLower(SHA256.HashData(CertificateText.ReadPem(issued[0].CertificatePem).SubjectPublicKeyInfo.Span));
        var registered = RevocationUnderTest.AnId();
        service.Registry.ThingsOf[registered] = [key]; // the registry answers for it

        var order = await service.Orders(Of(SelectorKind.PublicKey, key), TrustAction.Revoke, KeyCompromise, page: 1);

        order.Changed.ShouldBe(3);
        (await service.ReasonOf(registered)).ShouldBe(KeyCompromise);
    }

    [Fact]
    public async Task Quarantine_sets_certificates_inactive_and_records_no_revocation()
    {
        await using var service = await RevocationUnderTest.Start();
        var (here, gone) = (RevocationUnderTest.AnId(), RevocationUnderTest.AnId());
        service.Registry.ThingsOf[here] = ["SN-1"];

        var order = await service.Orders(Of(SelectorKind.Thing, "SN-1"), TrustAction.Quarantine);
        var refused = await service.Orders(Of(SelectorKind.Certificate, gone), TrustAction.Quarantine);

        (order.Changed, refused.Refused).ShouldBe((1, 1));
        service.Registry.Deactivated.ShouldBe([here]);
        (await service.ReasonOf(here)).ShouldBeNull();
    }

    [Fact]
    public async Task A_registry_that_is_away_leaves_the_order_open()
    {
        await using var service = await RevocationUnderTest.Start();
        service.Registry.IsAway = true;
        await PlaceRevocationOrder.Handle(
            new() { OrderId = "waits", Selector = Of(SelectorKind.Thing, "SN-1"), Action = TrustAction.Revoke, RequestedBy = "operator" }, service.Store, TimeProvider.System, default);

        await Should.ThrowAsync<RequestUnavailableException>(service.CarryOut().NextPage("waits", default));
        (await OrdersTable.FindOpen(service.Source, default)).ShouldBe(["waits"]);
    }

    [Theory]
    [InlineData("", SelectorKind.Thing, "SN-1", TrustAction.Revoke, Unspecified)]
    [InlineData("an id", SelectorKind.Thing, "SN-1", TrustAction.Revoke, Unspecified)]
    [InlineData("id", SelectorKind.Certificate, "SN-1", TrustAction.Revoke, Unspecified)]
    [InlineData("id", SelectorKind.Thing, "", TrustAction.Revoke, Unspecified)]
    [InlineData("id", SelectorKind.Thing, "SN-1", TrustAction.Revoke, CertificateHold)]
    [InlineData("id", SelectorKind.Thing, "SN-1", (TrustAction)9, Unspecified)]
    public void What_makes_no_sense_is_refused(string id, SelectorKind kind, string value, TrustAction action, RevocationReason reason) =>
        PlaceRevocationOrder.Decide(new() { OrderId = id, Selector = Of(kind, value), Action = action, Reason = reason, RequestedBy = "operator" }, Order.Initial, default)
            .Refusal!.Code.ShouldBe(Reasons.InvalidRequest.Code);

    [Fact]
    public void The_same_id_with_other_words_is_refused()
    {
        var command = new Contracts.Revocation.PlaceRevocationOrder { OrderId = "id", Selector = Of(SelectorKind.Thing, "SN-1"), Action = TrustAction.Revoke, RequestedBy = "operator" };
        var placed = Order.Initial.Evolve(PlaceRevocationOrder.Decide(command, Order.Initial, DateTimeOffset.UnixEpoch).Events.Single());

        PlaceRevocationOrder.Decide(command, placed, DateTimeOffset.UnixEpoch.AddDays(1)).ShouldBe(default);
        PlaceRevocationOrder.Decide(command with { Action = TrustAction.Suspend }, placed, default).Refusal!.Code.ShouldBe(Reasons.AlreadyExists.Code);
    }

    static CertificateSelector Of(SelectorKind kind, string value) => new() { Kind = kind, Value = value };
}
