using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A noun of the graph: a name and what was said about it.</summary>
interface IResource
{
    string Name { get; }

    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>Something said about a resource, read later by whoever runs or publishes it.</summary>
interface IResourceAnnotation;

sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

abstract class Resource(string name) : IResource
{
    public string Name { get; } = ResourceNames.Checked(name);

    public ResourceAnnotationCollection Annotations { get; } = [];

    public override string ToString() => Name;
}

interface IResourceWithEnvironment : IResource;

interface IResourceWithArgs : IResource;

interface IResourceWithEndpoints : IResource;

interface IResourceWithWaitSupport : IResource;

interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

interface IResourceWithParent : IResource
{
    IResource Parent { get; }
}

/// <summary>A resource that others reach by a connection string; the string is an expression, so one model serves run and manifest.</summary>
interface IResourceWithConnectionString : IResource, IValueProvider, IManifestExpressionProvider
{
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>A connection string from configuration, which stands instead of the expression while running.</summary>
    string? ConfiguredConnectionString { get; }

    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConfiguredConnectionString is { } configured ? new(configured) : ConnectionStringExpression.GetValueAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";
}

static class ResourceNames
{
    /// <summary>Resource names become environment variables, file names and container names.</summary>
    /// <exception cref="ArgumentException">Not 1 to 64 of letters, digits and hyphens, starting with a letter.</exception>
    public static string Checked(string name) =>
        name is { Length: >= 1 and <= 64 } && char.IsAsciiLetter(name[0]) && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')
            ? name
            : throw new ArgumentException($"'{name}' is not a resource name: 1 to 64 letters, digits and hyphens, starting with a letter.", nameof(name));
}
