using System.Collections.Concurrent;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FleetPlatform.Revocation.Tests;

public sealed class RevocationServiceTests
{
    [Fact]
    public async Task A_revocation_is_answered_published_once_and_shown_in_the_flow()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        await using var database = await PostgresDatabase.Create();
        await using var service = await ServiceProcess.Start("Revocation.dll",
            ("ConnectionStrings__bus", bus), ("ConnectionStrings__revocation-db", database.ConnectionString));
        await using var operatorsDoor = await Listener(bus);
        var ask = operatorsDoor.Services.GetRequiredService<IAsk>();
        var heard = operatorsDoor.Services.GetRequiredService<Heard>();
        var command = new RevokeCertificate
        {
            CertificateId = new('b', 64), Reason = RevocationReason.Superseded, RequestedBy = "operator",
        };

        var first = await ask.Ask<RevokeCertificate, RevocationRecorded>(command);
        var again = await ask.Ask<RevokeCertificate, RevocationRecorded>(command);
        var raised = await ask.Ask<RevokeCertificate, RevocationRecorded>(command with { Reason = RevocationReason.KeyCompromise });
        var refused = await ask.Ask<RevokeCertificate, RevocationRecorded>(command with { CertificateId = "no such thing" });
        var batch = await ask.Ask<RevokeCertificates, RevokeCertificatesAnswer>(new() { Items = [command with { CertificateId = "no such thing" }, command] });

        again.ShouldBe(first);
        raised.Value!.RevokedAt.ShouldBe(first.Value!.RevokedAt);
        raised.Value.Reason.ShouldBe(RevocationReason.KeyCompromise);
        refused.Refused!.Code.ShouldBe(Reasons.InvalidRequest.Code);
        batch.Value!.Items.Select(item => item.Refused?.Code).ShouldBe([Reasons.InvalidRequest.Code, null]);
        await Eventually.Is(() => heard.Messages.Count >= 2, "both are published");
        heard.Messages.Select(change => change.Reason).ShouldBe([RevocationReason.Superseded, RevocationReason.KeyCompromise]);
        heard.Messages.Select(change => change.Version).ShouldBeInOrder(SortDirection.Ascending);

        var steps = await ask.AskService<FindFlowSteps, FlowStepsFound>("revocation", new FindFlowSteps { Subjects = [command.CertificateId, "other"] });
        steps.Value!.Steps.Select(step => step.Step).Except(["revocation in effect"]).ShouldBe(["certificate revoked", "revocation reason raised"]);
        var stream = await ask.AskService<ReadStream, StreamRead>("revocation", new ReadStream { StreamId = $"revocation-{command.CertificateId}" });
        stream.Value!.Events.Where(recorded => recorded.Type != "revocation.took-effect.v1").Select(recorded => recorded.Actor).ShouldBe(["operator", "operator"]);
    }

    static async Task<WebApplication> Listener(string bus)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["ConnectionStrings:bus"] = bus;
        builder.Configuration["Messaging:RequestTimeout"] = "00:01:00"; // a busy machine is not what this is about
        builder.AddServiceDefaults("control-plane");
        builder.Services.AddSingleton<Heard>();
        builder.AddFleetBus("control-plane", fleet => fleet.AddPerInstanceConsumer<TrustChangedConsumer>(concurrency: 1));
        var app = builder.Build();
        await app.StartAsync();
        return app;
    }

    sealed class Heard
    {
        public ConcurrentQueue<CertificateTrustChange> Messages { get; } = [];
    }

    sealed class TrustChangedConsumer(Heard heard) : IConsumer<TrustChanged>
    {
        public Task Consume(ConsumeContext<TrustChanged> context)
        {
            foreach (var change in context.Message.Items) heard.Messages.Enqueue(change);
            return Task.CompletedTask;
        }
    }
}
