using FleetPlatform.Contracts;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>The control plane said no; <see cref="Name"/> is the AWS exception's name.</summary>
sealed class RequestRefusedException(string name, string message)
    : CommandFailedException($"{name}: {message}", Remedies.FirstOrDefault(reason => reason.RestException == name)?.Remedy ?? "Correct the request as the message says; docs/errors.md lists every reason.")
{
    // Of exceptions with one meaning: what the message says is all there is to say of the others.
    static readonly Reason[] Remedies = [Reasons.NotFound, Reasons.AlreadyExists, Reasons.VersionConflict, Reasons.DeleteConflict, Reasons.LimitExceeded, Reasons.TooManyRequests, Reasons.Unavailable];

    public string Name { get; } = name;
}
