using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SimulationManager.Hosting.LocalServers;
using SimulationManager.Hosting.Minio;
using SimulationManager.Hosting.Mqtt;
using SimulationManager.Hosting.Prometheus;

namespace Aspire.Hosting;

/// <summary>Backing servers on machines without a container runtime.</summary>
public static partial class LocalServersBuilderExtensions
{
    private const string RedisSecondaryEndpoint = "secondary";
    private const string WaitForCleanup = "DcpPublisher:WaitForResourceCleanup";

    /// <summary>
    /// Runs each backing server that cannot be a container here as a process: as installed on this machine, else from a package.
    /// Where a container runtime works and has or can pull the images, nothing changes. Settings are in the section
    /// <c>LocalServers</c>; docs/local-servers.md describes them.
    /// </summary>
    /// <param name="builder">The application.</param>
    public static IDistributedApplicationBuilder UseLocalServers(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode) return builder;
        var options = builder.Configuration.GetSection(LocalServersOptions.Section).Get<LocalServersOptions>() ?? new LocalServersOptions();
        // The run is over when its servers have ended: only then its folders can go, and another run can have the volumes.
        if (builder.Configuration[WaitForCleanup] is null) builder.Configuration[WaitForCleanup] = "true";
        builder.Services.AddSingleton(services => CreateFolders(options, services));
        builder.Services.AddHostedService<ServicesStopFirst>();
        builder.Eventing.Subscribe<BeforeStartEvent>((start, cancellationToken) => ReplaceAsync(start, options, cancellationToken));
        return builder;
    }

    /// <summary>Removed when everything has stopped: an application's services are seldom disposed.</summary>
    private static DataFolders CreateFolders(LocalServersOptions options, IServiceProvider services)
    {
        var folders = new DataFolders(options.DataRoot);
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(folders.Dispose);
        return folders;
    }

    private static async Task ReplaceAsync(BeforeStartEvent start, LocalServersOptions options, CancellationToken cancellationToken)
    {
        var logger = start.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(LocalServersBuilderExtensions));
        var images = new ContainerImages(start.Services.GetRequiredService<IConfiguration>(), logger);
        var containers = start.Model.Resources.OfType<ContainerResource>().Where(resource => resource.IsContainer()).ToList();
        var problems = await Task.WhenAll(containers.Select(container => FindProblemAsync(container, options, images, cancellationToken))).ConfigureAwait(false);
        foreach (var (container, problem) in containers.Zip(problems))
        {
            if (problem is null) continue;
            LogReplacing(logger, container.Name, problem);
            Replace(container, problem, options.SourceOf(container.Name), start);
        }
    }

    /// <summary>Null when the resource runs as a container, else a sentence why not.</summary>
    private static async Task<string?> FindProblemAsync(ContainerResource container, LocalServersOptions options, ContainerImages images, CancellationToken cancellationToken) =>
        options.SourceOf(container.Name) switch
        {
            ServerSource.Container => null,
            null => container.TryGetContainerImageName(out var image) ? await images.FindProblemAsync(image, cancellationToken).ConfigureAwait(false) : null,
            var source => $"Its source is set to '{source}'.",
        };

    private static void Replace(ContainerResource container, string problem, ServerSource? source, BeforeStartEvent start)
    {
        foreach (var image in container.Annotations.OfType<ContainerImageAnnotation>().ToList()) container.Annotations.Remove(image);
        foreach (var endpoint in container.Annotations.OfType<EndpointAnnotation>().ToList()) UseDirectly(container, endpoint);
#pragma warning disable ASPIRECERTIFICATES001 // For evaluation only. A trusted development certificate would add endpoints with TLS after this.
        container.Annotations.Add(new HttpsCertificateAnnotation { UseDeveloperCertificate = false });
#pragma warning restore ASPIRECERTIFICATES001
        var process = new LocalServerProcess(container);
        start.Model.Resources.Add(process);
        var eventing = start.Services.GetRequiredService<IDistributedApplicationEventing>();
        var stopping = start.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        eventing.Subscribe<InitializeResourceEvent>(container, async (_, _) =>
        {
            using var server = new LocalServer(container, ProgramOf(container), source, process, problem, start.Services);
            await server.InitialiseAsync(stopping).ConfigureAwait(false);
        });
    }

    private static IServerProgram ProgramOf(IResource resource) => resource switch
    {
        PostgresServerResource postgres => new PostgresProgram(postgres),
        RedisResource redis => new RedisProgram(redis),
        MinioResource minio => new S3Program(minio),
        MqttResource => new MqttProgram(),
        PrometheusResource prometheus => new PrometheusProgram(prometheus),
        _ => new NoProgram(resource),
    };

    /// <summary>The process listens on the endpoint's own port, and without TLS, for which a container may have been set up.</summary>
    private static void UseDirectly(ContainerResource container, EndpointAnnotation endpoint)
    {
        if (endpoint.Name == RedisSecondaryEndpoint && container is RedisResource)
        {
            container.Annotations.Remove(endpoint);
            return;
        }

        var port = endpoint.Port;
        endpoint.IsProxied = false;
        (endpoint.Port, endpoint.TargetPort) = (port, port);
        endpoint.TlsEnabled = false;
        if (container is RedisResource) endpoint.UriScheme = "redis";
    }

    /// <summary>For an image of which no program of this machine is known to do the same.</summary>
    private sealed class NoProgram(IResource resource) : IServerProgram
    {
        public string Advice => "leave the resource out";

        public Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken) =>
            throw new ServerNotInstalledException($"Nothing but a container can run '{resource.Name}'.");

        public Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken) => Task.FromResult(false);
    }

    [LoggerMessage(151, LogLevel.Information, "'{Resource}' runs as a process. {Reason}")]
    private static partial void LogReplacing(ILogger logger, string resource, string reason);
}
