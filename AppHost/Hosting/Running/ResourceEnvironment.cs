using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Reads a resource's variables and arguments from its annotations; both readers of the graph start here.</summary>
static class ResourceEnvironment
{
    /// <summary>The variables that the graph gives, unresolved: text, or something with a value and a placeholder.</summary>
    public static Dictionary<string, object> Describe(IResource resource, DistributedApplicationExecutionContext execution)
    {
        var variables = new Dictionary<string, object>(StringComparer.Ordinal);
        var context = new EnvironmentCallbackContext(execution, variables);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) annotation.Callback(context);
        return variables;
    }

    public static IReadOnlyList<string> Arguments(IResource resource)
    {
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>()) annotation.Callback(new(arguments));
        return [.. arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!)];
    }

    /// <summary>The variables with their values, as a process of this run gets them.</summary>
    public static async Task<Dictionary<string, string>> Resolve(IResource resource, CancellationToken cancellation)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Describe(resource, new(DistributedApplicationOperation.Run)))
            values[name] = value is IValueProvider reference ? await reference.GetValueAsync(cancellation) ?? "" : (string)value;
        return values;
    }
}
