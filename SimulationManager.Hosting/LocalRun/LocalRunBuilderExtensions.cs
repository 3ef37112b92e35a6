using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SimulationManager.Hosting.LocalServers;

namespace Aspire.Hosting;

/// <summary>A quick, plain run on the machine of a developer.</summary>
public static partial class LocalRunBuilderExtensions
{
    private static readonly TimeSpan PortPatience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Refuses to start when a fixed port of a project is taken, and says by whom. Starts projects as they were built with the
    /// AppHost, instead of through <c>dotnet run</c>, which would evaluate each again for seconds; debuggers and <c>dotnet watch</c>
    /// start them as always. Asks for no development certificate where no endpoint uses TLS. Call it before resources are added.
    /// </summary>
    /// <param name="builder">The application.</param>
    public static IDistributedApplicationBuilder UseLocalRun(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode) return builder;
        var settings = builder.Configuration;
        var areStartedElsewhere = settings["DEBUG_SESSION_PORT"] is { Length: > 0 } || settings.GetValue("DOTNET_WATCH", false);
        var arePortsRandom = settings.GetValue("DcpPublisher:RandomizePorts", false);
        builder.Eventing.Subscribe<BeforeStartEvent>(async (start, cancellationToken) =>
        {
            var logger = CreateLogger(start.Services);
            foreach (var resource in start.Model.Resources) LeaveOutCertificate(resource);
            foreach (var project in start.Model.GetProjectResources())
            {
                if (!arePortsRandom) await CheckPortsAsync(project, logger, cancellationToken).ConfigureAwait(false);
                if (!areStartedElsewhere) UseOutput(project);
                if (project.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal)) AnnounceWhenReady(builder, project);
            }
        });
        return builder;
    }

    /// <summary>Shows a link to a page of the project beside its address.</summary>
    /// <param name="project">The project.</param>
    /// <param name="path">Path of the page.</param>
    /// <param name="title">What the link says.</param>
    public static IResourceBuilder<ProjectResource> WithPage(this IResourceBuilder<ProjectResource> project, string path, string title) =>
        project.WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = path, DisplayText = title, DisplayLocation = UrlDisplayLocation.SummaryAndDetails });

    private static void LeaveOutCertificate(IResource resource)
    {
        if (resource.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.UriScheme == Uri.UriSchemeHttps)) return;
#pragma warning disable ASPIRECERTIFICATES001 // For evaluation only; there is no other way to say it.
        resource.Annotations.Add(new HttpsCertificateAnnotation { UseDeveloperCertificate = false });
#pragma warning restore ASPIRECERTIFICATES001
    }

    private static void AnnounceWhenReady(IDistributedApplicationBuilder builder, ProjectResource project) =>
        builder.Eventing.Subscribe<ResourceReadyEvent>(project, (ready, _) =>
        {
            LogReady(CreateLogger(ready.Services), project.Name, string.Join(", ", project.GetEndpoints().Where(endpoint => endpoint.IsAllocated && endpoint.IsHttp).Select(endpoint => endpoint.Url)));
            return Task.CompletedTask;
        });

    private static ILogger CreateLogger(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(LocalRunBuilderExtensions));

    private static async Task CheckPortsAsync(ProjectResource project, ILogger logger, CancellationToken cancellationToken)
    {
        foreach (var endpoint in project.Annotations.OfType<EndpointAnnotation>())
            if (endpoint.Port is { } port) await LoopbackPorts.EnsureFreeAsync(port, project.Name, PortPatience, logger, cancellationToken).ConfigureAwait(false);
    }

    private static void UseOutput(ProjectResource project)
    {
        var path = project.GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(path)!;
        // bin/<configuration>/<framework>, as of the AppHost that was built with it.
        var output = string.Join(Path.DirectorySeparatorChar, AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^3..]);
        var program = Path.Combine(folder, output, Path.ChangeExtension(Path.GetFileName(path), OperatingSystem.IsWindows() ? ".exe" : null));
        if (!Programs.IsExecutable(program)) return;
        project.Annotations.Add(new ExecutableAnnotation { Command = program, WorkingDirectory = folder });
        project.Annotations.Add(new EnvironmentCallbackAnnotation(environment => environment["DOTNET_ROOT"] = Path.GetDirectoryName(Programs.Dotnet)!));
    }

    [LoggerMessage(161, LogLevel.Information, "'{Project}' is ready at {Addresses}")]
    private static partial void LogReady(ILogger logger, string project, string addresses);
}
