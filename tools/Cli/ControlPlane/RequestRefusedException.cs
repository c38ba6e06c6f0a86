namespace FleetPlatform.Cli.ControlPlane;

/// <summary>The control plane said no; <see cref="Name"/> is the AWS exception's name.</summary>
sealed class RequestRefusedException(string name, string message)
    : CommandFailedException($"{name}: {message}", "Correct the request as the message says; docs/errors.md lists every reason.")
{
    public string Name { get; } = name;
}
