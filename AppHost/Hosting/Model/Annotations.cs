using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port that a resource listens on.</summary>
sealed class EndpointAnnotation(ProtocolType protocol, string uriScheme, string name) : IResourceAnnotation
{
    public ProtocolType Protocol { get; } = protocol;

    public string Name { get; } = name;

    public string UriScheme { get; set; } = uriScheme;

    public string Transport { get; set; } = uriScheme is "http" or "https" ? "http" : "tcp";

    /// <summary>The port others use; null for any free one.</summary>
    public int? Port { get; set; }

    /// <summary>The port the program itself listens on where a proxy or container stands between.</summary>
    public int? TargetPort { get; set; }

    public bool IsExternal { get; set; }

    public bool IsProxied { get; set; } = true;

    /// <summary>Variable by which the program learns the port, if it takes one.</summary>
    public string? EnvironmentVariable { get; set; }

    /// <summary>The port it got, once the run has chosen.</summary>
    public int? AllocatedPort => AllocatedPorts is [var first, ..] ? first : null;

    /// <summary>One port for each replica.</summary>
    public IReadOnlyList<int> AllocatedPorts { get; set; } = [];
}

sealed class EnvironmentCallbackContext(DistributedApplicationExecutionContext executionContext, Dictionary<string, object> environmentVariables)
{
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>Name to a string, or to something with a value and a placeholder.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; } = environmentVariables;
}

sealed class EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) : IResourceAnnotation
{
    public Action<EnvironmentCallbackContext> Callback { get; } = callback;
}

sealed class CommandLineArgsCallbackContext(IList<object> args)
{
    public IList<object> Args { get; } = args;
}

sealed class CommandLineArgsCallbackAnnotation(Action<CommandLineArgsCallbackContext> callback) : IResourceAnnotation
{
    public Action<CommandLineArgsCallbackContext> Callback { get; } = callback;
}

/// <summary>Not before the other resource is healthy.</summary>
sealed class WaitAnnotation(IResource resource) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
}

/// <summary>Healthy is when this path of an HTTP endpoint answers this status.</summary>
sealed class HttpHealthCheckAnnotation(string endpointName, string path, int statusCode) : IResourceAnnotation
{
    public string EndpointName { get; } = endpointName;

    public string Path { get; } = path;

    public int StatusCode { get; } = statusCode;
}

sealed class ReplicaAnnotation(int replicas) : IResourceAnnotation
{
    public int Replicas { get; } = replicas;
}

sealed class ContainerImageAnnotation : IResourceAnnotation
{
    public required string Registry { get; init; }

    public required string Image { get; init; }

    public required string Tag { get; init; }

    public string FullName => $"{Registry}/{Image}:{Tag}";
}

sealed class ContainerMountAnnotation(string source, string target, bool isReadOnly) : IResourceAnnotation
{
    public string Source { get; } = source;

    public string Target { get; } = target;

    public bool IsReadOnly { get; } = isReadOnly;
}
