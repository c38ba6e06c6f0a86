using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

enum DistributedApplicationOperation
{
    Run,
    Publish,
}

sealed class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    public DistributedApplicationOperation Operation { get; } = operation;

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
}

/// <summary>The graph being said.</summary>
interface IDistributedApplicationBuilder
{
    /// <summary>Command line over environment over <c>AppHost/appsettings.json</c>.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>Full path of the folder that AppHost.csproj is in; project paths are relative to it.</summary>
    string AppHostDirectory { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IList<IResource> Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    DistributedApplication Build();
}

/// <summary>One resource of the graph, and the graph it is in.</summary>
interface IResourceBuilder<out T> where T : IResource
{
    T Resource { get; }

    IDistributedApplicationBuilder ApplicationBuilder { get; }

    IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation) where TAnnotation : IResourceAnnotation;
}

sealed class ResourceBuilder<T>(IDistributedApplicationBuilder applicationBuilder, T resource) : IResourceBuilder<T> where T : IResource
{
    public T Resource { get; } = resource;

    public IDistributedApplicationBuilder ApplicationBuilder { get; } = applicationBuilder;

    public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation) where TAnnotation : IResourceAnnotation
    {
        Resource.Annotations.Add(annotation);
        return this;
    }
}

sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    readonly List<IResource> _resources = [];

    internal DistributedApplicationBuilder(string[] args, string appHostDirectory)
    {
        AppHostDirectory = appHostDirectory;
        Configuration
            .AddJsonFile(Path.Combine(appHostDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(args);
        HostCommandLine.Check(args);
        ExecutionContext = new(HostCommandLine.Read(Configuration, "publisher") is not null ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run);
        Options = HostOptions.Read(Configuration, appHostDirectory);
        Secrets = new SecretsFile(Options.Folder.Secrets);
    }

    public ConfigurationManager Configuration { get; } = new();

    public string AppHostDirectory { get; }

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IList<IResource> Resources => _resources;

    internal HostOptions Options { get; }

    internal SecretsFile Secrets { get; }

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (_resources.Any(other => string.Equals(other.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"There are two resources named '{resource.Name}'.");
        _resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build() => new(this);
}
