using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the deployment manifest, in the format that deployment tools for Aspire read (schema aspire-8.0).</summary>
static class ManifestPublisher
{
    static readonly DistributedApplicationExecutionContext Publishing = new(DistributedApplicationOperation.Publish);

    public static async Task Publish(IReadOnlyList<IResource> resources, HostOptions options, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Path.Combine(options.AppHostDirectory, options.OutputPath ?? throw new DistributedApplicationException("Say where the manifest goes: --output-path ../aspire-manifest.json")));
        await File.WriteAllTextAsync(path, Write(resources, Path.GetDirectoryName(path)!), cancellation);
        Console.WriteLine($"Manifest written to {path}");
    }

    /// <summary>The manifest as it would lie in <paramref name="folder"/>, to which project paths are relative.</summary>
    public static string Write(IReadOnlyList<IResource> resources, string folder)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("$schema", "https://json.schemastore.org/aspire-8.0.json");
            writer.WriteStartObject("resources");
            foreach (var resource in resources)
            {
                writer.WriteStartObject(resource.Name);
                WriteResource(writer, resource, folder);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    static void WriteResource(Utf8JsonWriter writer, IResource resource, string folder)
    {
        switch (resource)
        {
            case ParameterResource parameter:
                WriteParameter(writer, parameter);
                break;
            case ContainerResource container:
                WriteContainer(writer, container);
                break;
            case ProjectResource project:
                WriteProject(writer, project, folder);
                break;
            case IResourceWithConnectionString value:
                writer.WriteString("type", "value.v0");
                writer.WriteString("connectionString", value.ConnectionStringExpression.ValueExpression);
                break;
            default:
                throw new DistributedApplicationException($"'{resource.Name}' cannot be published.");
        }
    }

    static void WriteParameter(Utf8JsonWriter writer, ParameterResource parameter)
    {
        writer.WriteString("type", "parameter.v0");
        writer.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        writer.WriteStartObject("inputs");
        writer.WriteStartObject("value");
        writer.WriteString("type", "string");
        if (parameter.Secret) writer.WriteBoolean("secret", true);
        if (parameter.Default is not null || parameter.PublishedDefault is not null)
        {
            writer.WriteStartObject("default");
            if (parameter.PublishedDefault is { } value) writer.WriteString("value", value);
            else parameter.Default!.WriteToManifest(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static void WriteContainer(Utf8JsonWriter writer, ContainerResource container)
    {
        writer.WriteString("type", "container.v0");
        if (container is IResourceWithConnectionString reachable) writer.WriteString("connectionString", reachable.ConnectionStringExpression.ValueExpression);
        writer.WriteString("image", container.Annotations.OfType<ContainerImageAnnotation>().Single().FullName);
        WriteArguments(writer, container);
        var mounts = container.Annotations.OfType<ContainerMountAnnotation>().ToArray();
        if (mounts.Length > 0)
        {
            writer.WriteStartArray("volumes");
            foreach (var mount in mounts)
            {
                writer.WriteStartObject();
                writer.WriteString("name", mount.Source);
                writer.WriteString("target", mount.Target);
                writer.WriteBoolean("readOnly", mount.IsReadOnly);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        WriteEnvironment(writer, ResourceEnvironment.Describe(container, Publishing));
        WriteBindings(writer, container);
    }

    static void WriteProject(Utf8JsonWriter writer, ProjectResource project, string folder)
    {
        writer.WriteString("type", "project.v0");
        writer.WriteString("path", Path.GetRelativePath(folder, project.ProjectPath).Replace('\\', '/'));
        WriteArguments(writer, project);
        var variables = ResourceEnvironment.Describe(project, Publishing);
        var endpoints = project.Annotations.OfType<EndpointAnnotation>().ToArray();
        var http = endpoints.Where(endpoint => endpoint.UriScheme == "http").Select(endpoint => TargetPort(project, endpoint)).ToArray();
        if (http.Length > 0) variables["HTTP_PORTS"] = string.Join(';', http);
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.EnvironmentVariable is not null))
            variables[endpoint.EnvironmentVariable!] = TargetPort(project, endpoint);
        WriteEnvironment(writer, variables);
        WriteBindings(writer, project);
    }

    static string TargetPort(ProjectResource project, EndpointAnnotation endpoint) =>
        new EndpointReference(project, endpoint.Name).Property(EndpointProperty.TargetPort).ValueExpression;

    static void WriteArguments(Utf8JsonWriter writer, IResource resource)
    {
        var arguments = ResourceEnvironment.Arguments(resource);
        if (arguments.Count == 0) return;
        writer.WriteStartArray("args");
        foreach (var argument in arguments) writer.WriteStringValue(argument);
        writer.WriteEndArray();
    }

    static void WriteEnvironment(Utf8JsonWriter writer, Dictionary<string, object> variables)
    {
        if (variables.Count == 0) return;
        writer.WriteStartObject("env");
        foreach (var (name, value) in variables) writer.WriteString(name, value is IManifestExpressionProvider reference ? reference.ValueExpression : (string)value);
        writer.WriteEndObject();
    }

    static void WriteBindings(Utf8JsonWriter writer, IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        if (endpoints.Length == 0) return;
        writer.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            writer.WriteStartObject(endpoint.Name);
            writer.WriteString("scheme", endpoint.UriScheme);
            writer.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            writer.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port) writer.WriteNumber("port", port);
            if ((endpoint.TargetPort ?? (endpoint.IsProxied ? null : endpoint.Port)) is { } target) writer.WriteNumber("targetPort", target);
            if (endpoint.IsExternal) writer.WriteBoolean("external", true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
