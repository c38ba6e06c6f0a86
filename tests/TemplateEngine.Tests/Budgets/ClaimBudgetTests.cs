using FleetPlatform.TemplateEngine.Budgets;
using ClaimDescription = FleetPlatform.Contracts.TemplateEngine.ClaimDescription;
using ClaimStatus = FleetPlatform.Contracts.TemplateEngine.ClaimStatus;
using Wire = FleetPlatform.Contracts.TemplateEngine;

namespace FleetPlatform.TemplateEngine.Tests.Budgets;

/// <summary>peers.md 3.2 case 34: a claim key that was taken out of firmware.</summary>
public class ClaimBudgetTests(Stack stack)
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    static readonly LimitedClaim Open = new(ClaimStatus.Open, null, null, null, null, "SerialNumber", false);
    static readonly ClaimUse Unused = new(false, 0, 0, false);

    [Fact]
    public void A_claim_registers_within_its_limits_only()
    {
        Refused(Open, Unused).ShouldBeNull();
        Refused(Open with { Status = ClaimStatus.Paused }, Unused).ShouldBe("claim-not-open");
        Refused(Open with { Status = ClaimStatus.Quarantined }, Unused with { Reserved = true }).ShouldBe("claim-not-open");
        Refused(Open with { NotBefore = Noon.AddSeconds(1) }, Unused).ShouldBe("claim-not-open");
        Refused(Open with { NotAfter = Noon }, Unused).ShouldBe("claim-not-open");
        Refused(Open with { NotBefore = Noon, NotAfter = Noon.AddSeconds(1) }, Unused).ShouldBeNull();
        Refused(Open with { Maximum = 3 }, Unused with { Used = 2 }).ShouldBeNull();
        Refused(Open with { Maximum = 3 }, Unused with { Used = 3 }).ShouldBe("claim-budget-spent");
        Refused(Open with { Maximum = 3 }, Unused with { Used = 3, Reserved = true }).ShouldBeNull();
        Refused(Open with { PerMinute = 3 }, Unused with { UsedLastMinute = 3 }).ShouldBe("too-many-requests");
        Refused(Open with { Listed = true }, Unused).ShouldBe("serial-not-allowed");
        Refused(Open with { Listed = true }, Unused with { SerialListed = true }).ShouldBeNull();
    }

    [Fact]
    public void A_quarantined_claim_stays_so_and_asking_twice_records_once()
    {
        var command = new Wire.ChangeClaim { ClaimId = Certificates.ClaimId, MaximumRegistrations = 5, Status = ClaimStatus.Quarantined, RequestedBy = "operator" };
        var claim = ChangeClaim.Decide(command, Claim.Initial, Noon).Events.Aggregate(Claim.Initial, (state, @event) => state.Evolve(@event));

        (claim.Status, claim.MaximumRegistrations).ShouldBe((ClaimStatus.Quarantined, 5L));
        ChangeClaim.Decide(command, claim, Noon).Events.ShouldBeEmpty();
        ChangeClaim.Decide(command with { Status = ClaimStatus.Open }, claim, Noon).Refusal!.Code.ShouldBe("invalid-request");
        ChangeClaim.Decide(new() { ClaimId = Certificates.ClaimId, NotBefore = Noon, NotAfter = Noon, RequestedBy = "operator" }, Claim.Initial, Noon).Refusal.ShouldNotBeNull();
    }

    [Fact]
    public async Task Of_many_devices_at_once_exactly_as_many_register_as_the_budget_holds()
    {
        var template = await stack.Template();
        var claim = stack.Device(template).Flow.PrincipalId;
        await Change(new() { ClaimId = claim, MaximumRegistrations = 5, RequestedBy = "test" });

        var devices = Enumerable.Range(0, 12).Select(number => stack.Device(template, claim, ("SerialNumber", $"{claim[..6]}-{number}"))).ToArray();
        var answers = await Task.WhenAll(devices.Select(stack.Provision));

        answers.Count(answer => answer.Refused is null).ShouldBe(5);
        answers.Where(answer => answer.Refused is not null).ShouldAllBe(answer => answer.Refused!.Code == "claim-budget-spent");
        var registered = devices.Zip(answers).First(pair => pair.Second.Refused is null).First;
        (await stack.Provision(registered)).Refused.ShouldBeNull(); // its answer was lost: no second place is taken
        (await Describe(claim)).Registrations.ShouldBe(5);
        (await stack.Ask.Ask<Wire.ListClaimCertificates, Wire.ClaimCertificatesListed>(new() { ClaimId = claim })).Value!.CertificateIds.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Places_that_were_taken_before_they_were_counted_are_counted_after_an_upgrade()
    {
        await using var database = await PostgresKit.PostgresDatabase.Create();
        await database.Execute($"""
            create table fleet_claim_registrations (
                claim_id varchar(64) collate "C" not null, flow_id varchar(32) collate "C" not null, at timestamptz not null, primary key (claim_id, flow_id));
            insert into fleet_claim_registrations select '{Certificates.ClaimId}', 'flow ' || n, now() from generate_series(1, 3) n;
            """);

        for (var twice = 0; twice < 2; twice++) await database.Execute(new ClaimsTable().Schema);

        (await database.Scalar<long>($"select used from fleet_claim_budgets where claim_id = '{Certificates.ClaimId}'")).ShouldBe(3);
    }

    [Fact]
    public async Task A_device_that_was_refused_for_another_reason_costs_nothing()
    {
        var template = await stack.Template();
        var claim = stack.Device(template).Flow.PrincipalId;
        await Change(new() { ClaimId = claim, MaximumRegistrations = 1, RequestedBy = "test" });

        (await stack.Provision(stack.Device(template, claim, ("SerialNumber", "a/b")))).Refused!.Code.ShouldBe("unsafe-name");

        (await stack.Provision(stack.Device(template, claim, ("SerialNumber", $"{claim[..6]}-ok")))).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task Only_listed_serial_numbers_register_and_a_pause_ends_at_once()
    {
        var template = await stack.Template();
        var claim = stack.Device(template).Flow.PrincipalId;
        var (listed, foreign) = ($"{claim[..6]}-l", $"{claim[..6]}-f");
        (await stack.Ask.Ask<Wire.AllowSerials, ClaimDescription>(new() { ClaimId = claim, Serials = [listed, "other"], RequestedBy = "test" })).Value!.AllowedSerials.ShouldBe(2);

        (await stack.Provision(stack.Device(template, claim, ("SerialNumber", foreign)))).Refused!.Code.ShouldBe("serial-not-allowed");
        await Change(new() { ClaimId = claim, Status = ClaimStatus.Paused, RequestedBy = "test" });
        (await stack.Provision(stack.Device(template, claim, ("SerialNumber", listed)))).Refused!.Code.ShouldBe("claim-not-open");
        await Change(new() { ClaimId = claim, Status = ClaimStatus.Open, RequestedBy = "test" });
        (await stack.Provision(stack.Device(template, claim, ("SerialNumber", listed)))).ThingName.ShouldBe($"sensor-{listed}");
    }

    static string? Refused(LimitedClaim claim, ClaimUse use) => SpendClaim.Decide(claim, use, "SN", Noon)?.Code;

    async Task Change(Wire.ChangeClaim change) => (await stack.Ask.Ask<Wire.ChangeClaim, ClaimDescription>(change)).Refused.ShouldBeNull();

    async Task<ClaimDescription> Describe(string claim) => (await stack.Ask.Ask<Wire.DescribeClaim, ClaimDescription>(new() { ClaimId = claim })).Value!;
}
