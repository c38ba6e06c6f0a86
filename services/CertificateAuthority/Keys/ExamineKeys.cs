using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Query = FleetPlatform.Contracts.CertificateAuthority.ExamineKeys;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>What is known of keys that certificates of others are on: the lists of weak keys and the blocked ones are here.</summary>
sealed class ExamineKeysConsumer(KeyRules rules) : IConsumer<Query>
{
    const int Maximum = 250;

    public async Task Consume(ConsumeContext<Query> context)
    {
        var keys = context.Message.SubjectPublicKeyInfos;
        if (keys.Count > Maximum)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused($"At most {Maximum} keys at once."));
            return;
        }

        var ids = context.Message.CertificateIds;
        if (ids.Count != 0 && ids.Count != keys.Count)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused("There is a certificate for each key, or none."));
            return;
        }

        // At once, so that one statement looks for all of them.
        var examined = await Task.WhenAll(keys.Select((key, i) => rules.Examine(key, ids.Count == 0 ? null : ids[i], context.CancellationToken)));
        await context.RespondAsync(new KeysExamined
        {
            Items = [.. examined.Select(key => new ExaminedKey { Refused = key.Refusal?.ToRefused(), CertificateIds = key.Certificates })],
        });
    }
}
