using Microsoft.Extensions.Configuration;
using SimulationManager.Hosting.LocalServers;

namespace Aspire.Hosting;

/// <summary>How the projects of an application are started and what their ports must be.</summary>
public static class ProjectsBuilderExtensions
{
    private static readonly TimeSpan PortPatience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Starts projects as they were built with the AppHost, instead of through <c>dotnet run</c>, which would evaluate each project
    /// again for seconds. Debuggers and <c>dotnet watch</c> start them as always.
    /// </summary>
    /// <param name="builder">The application.</param>
    public static IDistributedApplicationBuilder UseBuiltProjects(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration["DEBUG_SESSION_PORT"] is { Length: > 0 } || builder.Configuration.GetValue("DOTNET_WATCH", false)) return builder;
        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            foreach (var project in start.Model.GetProjectResources()) UseOutput(project);
            return Task.CompletedTask;
        });
        return builder;
    }

    /// <summary>Refuses to start when a fixed port of a project is taken, and says by whom.</summary>
    /// <param name="builder">The application.</param>
    public static IDistributedApplicationBuilder CheckFixedPorts(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration.GetValue("DcpPublisher:RandomizePorts", false)) return builder;
        builder.Eventing.Subscribe<BeforeStartEvent>(async (start, cancellationToken) =>
        {
            foreach (var project in start.Model.GetProjectResources())
            foreach (var endpoint in project.Annotations.OfType<EndpointAnnotation>())
                if (endpoint.Port is { } port) await LoopbackPorts.EnsureFreeAsync(port, project.Name, PortPatience, cancellationToken).ConfigureAwait(false);
        });
        return builder;
    }

    private static void UseOutput(ProjectResource project)
    {
        var path = project.GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(path)!;
        // bin/<configuration>/<framework>, as of the AppHost that was built with it.
        var output = string.Join(Path.DirectorySeparatorChar, AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^3..]);
        var assembly = Path.Combine(folder, output, Path.ChangeExtension(Path.GetFileName(path), ".dll"));
        if (!File.Exists(assembly)) return;
        project.Annotations.Add(new ExecutableAnnotation { Command = Programs.Dotnet, WorkingDirectory = folder });
        project.Annotations.Add(new CommandLineArgsCallbackAnnotation(arguments => arguments.Insert(0, assembly)));
    }
}
