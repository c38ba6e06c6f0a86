using System.Security.Cryptography;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>The registration code: whoever puts it into a certificate and signs that with an authority's key has the key (aws-protocol 5.1).</summary>
static class RegistrationCodes
{
    const int Octets = 32;

    /// <param name="drawn">The code it would be.</param>
    public static Decision<RegistrationCodeEvent> Get(AccountRegistrationCode state, string drawn, string by, DateTimeOffset now) =>
        state.Code is null ? new RegistrationCodeDrawn(drawn, by, now) : Decision<RegistrationCodeEvent>.Nothing;

    public static Decision<RegistrationCodeEvent> Delete(AccountRegistrationCode state, string by, DateTimeOffset now) =>
        state.Code is null ? new Refusal(Reasons.NotFound.Code, "There is no registration code.") : new RegistrationCodeDeleted(by, now);

    public static string Draw() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Octets));
}

sealed class GetRegistrationCodeConsumer(EventStore store, TimeProvider clock) : IConsumer<GetRegistrationCode>
{
    public async Task Consume(ConsumeContext<GetRegistrationCode> context)
    {
        var by = context.Message.RequestedBy;
        var written = await store.WriteToAggregate<AccountRegistrationCode, RegistrationCodeEvent>(AccountRegistrationCode.Stream,
            state => RegistrationCodes.Get(state, RegistrationCodes.Draw(), by, clock.GetUtcNow()), new() { Actor = by }, context.CancellationToken);
        await context.RespondAsync(new RegistrationCode { Code = written.State.Code! });
    }
}

sealed class DeleteRegistrationCodeConsumer(EventStore store, TimeProvider clock) : IConsumer<DeleteRegistrationCode>
{
    public async Task Consume(ConsumeContext<DeleteRegistrationCode> context)
    {
        var by = context.Message.RequestedBy;
        var written = await store.WriteToAggregate<AccountRegistrationCode, RegistrationCodeEvent>(AccountRegistrationCode.Stream,
            state => RegistrationCodes.Delete(state, by, clock.GetUtcNow()), new() { Actor = by }, context.CancellationToken);
        if (written.Refusal is { } refusal) await context.RespondAsync(refusal.ToRefused());
        else await context.RespondAsync(new Done());
    }
}
