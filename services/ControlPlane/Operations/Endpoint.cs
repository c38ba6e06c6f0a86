using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>DescribeEndpoint (aws-protocol 11.12): one host for every type.</summary>
sealed class Endpoint(ControlPlaneOptions options) : IOperations
{
    static readonly string[] Types = ["iot:Data", "iot:Data-ATS", "iot:Data-Beta", "iot:CredentialProvider", "iot:Jobs"];

    public IEnumerable<Operation> All => [new("DescribeEndpoint", "GET /endpoint", Describe)];

    Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        request.Query("endpointType") is { } type && !Types.Contains(type)
            ? throw new InvalidInputException($"endpointType must be one of {string.Join(", ", Types)}.")
            : Task.FromResult(Reply.Of(new { endpointAddress = options.MqttEndpoint }));
}
