using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something with a value while running.</summary>
interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>Something with a placeholder in the manifest, such as <c>{postgres.bindings.tcp.host}</c>.</summary>
interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

/// <summary>Text with references in it: resolved to values by who runs the graph, to placeholders by who publishes it.</summary>
sealed class ReferenceExpression : IValueProvider, IManifestExpressionProvider
{
    readonly object[] _parts;

    ReferenceExpression(object[] parts) => _parts = parts;

    public string ValueExpression => string.Concat(_parts.Select(part => part is IManifestExpressionProvider reference ? reference.ValueExpression : (string)part));

    /// <summary>The references in the text, in order.</summary>
    public IEnumerable<IValueProvider> References => _parts.OfType<IValueProvider>();

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.GetExpression();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(part is IValueProvider reference ? await reference.GetValueAsync(cancellationToken) : (string)part);
        return text.ToString();
    }

    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler
    {
        readonly List<object> _parts;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) => _parts = new List<object>(literalLength > 0 ? formattedCount * 2 + 1 : formattedCount);

        public readonly void AppendLiteral(string value) => _parts.Add(value);

        public readonly void AppendFormatted(string? value) => _parts.Add(value ?? "");

        public readonly void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            _parts.Add(valueProvider.Resource);

        internal readonly ReferenceExpression GetExpression() => new([.. _parts]);
    }
}

enum EndpointProperty
{
    Url,
    Host,
    IPV4Host,
    Port,
    Scheme,
    TargetPort,
    HostAndPort,
}

/// <summary>An endpoint of a resource, by name.</summary>
sealed class EndpointReference(IResourceWithEndpoints resource, string name) : IValueProvider, IManifestExpressionProvider
{
    public IResourceWithEndpoints Resource { get; } = resource;

    public string EndpointName { get; } = name;

    public string ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    public EndpointAnnotation EndpointAnnotation =>
        Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(endpoint => endpoint.Name == EndpointName)
        ?? throw new DistributedApplicationException($"'{Resource.Name}' has no endpoint '{EndpointName}'.");

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => Property(EndpointProperty.Url).GetValueAsync(cancellationToken);
}

/// <summary>One property of an endpoint.</summary>
sealed class EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property) : IValueProvider, IManifestExpressionProvider
{
    public EndpointReference Endpoint { get; } = endpoint;

    public EndpointProperty Property { get; } = property;

    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{ManifestName}}}";

    string ManifestName => Property switch
    {
        EndpointProperty.IPV4Host => "host",
        EndpointProperty.TargetPort => "targetPort",
        EndpointProperty.HostAndPort => "hostAndPort",
        var other => other.ToString().ToLowerInvariant(),
    };

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var annotation = Endpoint.EndpointAnnotation;
        var port = annotation.AllocatedPort?.ToString(CultureInfo.InvariantCulture)
            ?? throw new DistributedApplicationException($"Endpoint '{Endpoint.EndpointName}' of '{Endpoint.Resource.Name}' has no port yet.");
        return new(Property switch
        {
            EndpointProperty.Url => $"{annotation.UriScheme}://127.0.0.1:{port}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => "127.0.0.1",
            EndpointProperty.Scheme => annotation.UriScheme,
            EndpointProperty.HostAndPort => $"127.0.0.1:{port}",
            _ => port,
        });
    }
}
