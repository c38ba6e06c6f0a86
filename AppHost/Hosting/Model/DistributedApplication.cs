using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Running;

namespace Aspire.Hosting;

/// <summary>The finished graph: run it on this machine, or publish its manifest, as the command line said.</summary>
sealed class DistributedApplication(DistributedApplicationBuilder builder)
{
    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(HostCommandLine.Help);
            Environment.Exit(0);
        }

        try
        {
            return new DistributedApplicationBuilder(args, FindAppHostDirectory(AppContext.BaseDirectory));
        }
        catch (DistributedApplicationException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            Environment.Exit(2);
            throw;
        }
    }

    public IReadOnlyList<IResource> Resources { get; } = [.. builder.Resources];

    /// <summary>Runs until a signal asks to stop, or publishes and returns. The exit code of the process is set: 0 is a clean end.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            if (builder.ExecutionContext.IsPublishMode)
                await ManifestPublisher.Publish(Resources, builder.Options, cancellationToken);
            else
                await ApplicationRun.Run(Resources, builder.Options, cancellationToken);
        }
        catch (DistributedApplicationException wrong)
        {
            // Something of this machine or its configuration, which the message explains; a stack trace would only hide it.
            await Console.Error.WriteLineAsync(wrong.Message);
            Environment.ExitCode = 2;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{wrong.Message}\nThe stack's folder is {builder.Options.Folder.Path}: a place that this user may write to, with space left. Another one: --fleet-directory.");
            Environment.ExitCode = 2;
        }
    }

    // bin/{configuration}/{framework} lies below the project folder, wherever the repository was cloned or moved to.
    internal static string FindAppHostDirectory(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "AppHost.csproj"))) return folder.FullName;
        throw new DistributedApplicationException($"No AppHost.csproj above {from}: run AppHost from its repository.");
    }
}
