using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>A resource that was started, and what realises it.</summary>
internal sealed record LaunchedResource(ILaunched Process, string Source, IReadOnlyDictionary<string, string> Environment);

/// <summary>Turns what the model says of a resource into a request to the runtime.</summary>
internal sealed class ResourceLauncher(
    LocalRuntimeAccess runtime, DistributedApplicationExecutionContext executionContext, IConfiguration configuration, ProjectOutput projects)
{
    public Task<LaunchedResource> LaunchAsync(ResourceInstance instance, CancellationToken cancellationToken) => instance.Resource switch
    {
        ContainerResource container => LaunchContainerAsync(container, instance, cancellationToken),
        ProjectResource project => LaunchProjectAsync(project, instance, cancellationToken),
        ExecutableResource executable => LaunchExecutableAsync(executable, instance, cancellationToken),
        var other => throw new DistributedApplicationException($"Resources of type '{other.GetType().Name}' cannot be started."),
    };

    internal async Task<Dictionary<string, string>> EnvironmentAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var values = await ResourceValues.EnvironmentAsync(instance.Resource, executionContext, cancellationToken);
        var environment = await ResourceValues.TextAsync(values, instance.Resource, cancellationToken);
        if (environment.ContainsKey("OTEL_RESOURCE_ATTRIBUTES"))
            environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Id}";
        foreach (var (endpoint, port) in instance.ListenPorts)
            if (endpoint.TargetPortVariable is { } variable)
                environment[variable] = port.ToString(CultureInfo.InvariantCulture);
        if (instance.Resource is ProjectResource && !environment.ContainsKey("ASPNETCORE_URLS"))
            environment["ASPNETCORE_URLS"] = Urls(instance);
        return environment;
    }

    private async Task<LaunchedResource> LaunchContainerAsync(ContainerResource container, ResourceInstance instance, CancellationToken cancellationToken)
    {
        var server = container.TryGetLastAnnotation<LocalServerAnnotation>(out var annotation) ? annotation : null;
        var environment = await EnvironmentAsync(instance, cancellationToken);
        var realised = await runtime.Session.RealiseAsync(
            new ServerRequest
            {
                ResourceName = container.Name,
                Kind = server?.Kind ?? ServerKind.Container,
                Image = container.ImageName(),
                Entrypoint = container.Entrypoint,
                Arguments = await ArgumentsAsync(container, cancellationToken),
                Environment = environment,
                Ports = [.. container.Endpoints().Select(Port)],
                Mounts = [.. container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Source is not null).Select(Mount)],
                ContainerRuntimeArguments = await ResourceValues.ContainerRuntimeArgumentsAsync(container, cancellationToken),
                UserName = await TextAsync(server?.UserName(), cancellationToken),
                Password = await TextAsync(server?.Password(), cancellationToken),
                RedisSave = server?.RedisSave(),
                ForcedSource = configuration[$"{LocalSettings.SourcesSection}:{container.Name}"] ?? configuration[LocalSettings.SourceKey],
                OnOutput = instance.OnOutput,
                OnProgress = instance.OnProgress,
            },
            cancellationToken);
        return new(realised.Launched, SourceOf(realised), environment);
    }

    private async Task<LaunchedResource> LaunchProjectAsync(ProjectResource project, ResourceInstance instance, CancellationToken cancellationToken)
    {
        if (!project.TryGetLastAnnotation<IProjectMetadata>(out var metadata))
            throw new DistributedApplicationException($"Project metadata was not found for resource '{project.Name}'.");
        var assembly = await projects.FindAsync(metadata.ProjectPath, runtime.Session, cancellationToken);
        var request = new ProcessRequest
        {
            Name = instance.Id,
            FileName = ProjectOutput.DotnetPath,
            Arguments = [assembly, .. await ArgumentsAsync(project, cancellationToken)],
            WorkingDirectory = Path.GetDirectoryName(metadata.ProjectPath)!,
            Environment = await InheritingAsync(instance, cancellationToken),
            OnOutput = instance.OnOutput,
        };
        return await LaunchAsync(request, Path.GetFileName(metadata.ProjectPath), cancellationToken);
    }

    private async Task<LaunchedResource> LaunchExecutableAsync(ExecutableResource executable, ResourceInstance instance, CancellationToken cancellationToken)
    {
        var request = new ProcessRequest
        {
            Name = instance.Id,
            FileName = executable.Command,
            Arguments = await ArgumentsAsync(executable, cancellationToken),
            WorkingDirectory = executable.WorkingDirectory,
            Environment = await InheritingAsync(instance, cancellationToken),
            OnOutput = instance.OnOutput,
        };
        return await LaunchAsync(request, Path.GetFileName(executable.Command), cancellationToken);
    }

    private async Task<LaunchedResource> LaunchAsync(ProcessRequest request, string source, CancellationToken cancellationToken)
    {
        var launched = await runtime.Session.LaunchAsync(request, cancellationToken);
        return new(launched, source, request.Environment.Where(variable => variable.Value is not null).ToDictionary(variable => variable.Key, variable => variable.Value!));
    }

    // A child starts from the AppHost's own environment. What the AppHost's launch profile set for the AppHost itself must not leak.
    private async Task<Dictionary<string, string?>> InheritingAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string?>();
        foreach (var own in (string[])["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS", "DOTNET_LAUNCH_PROFILE", "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"])
            environment[own] = null;
        foreach (var (name, value) in await EnvironmentAsync(instance, cancellationToken))
            environment[name] = value;
        return environment;
    }

    private async Task<List<string>> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var arguments = await ResourceValues.ArgumentsAsync(resource, executionContext, cancellationToken);
        return await ResourceValues.TextAsync(arguments, resource, cancellationToken);
    }

    private static string SourceOf(RealisedServer server)
    {
        var version = server.Description.Contains(server.Version, StringComparison.Ordinal) ? "" : $" {server.Version}";
        return $"{server.Source} {server.Description}{version}";
    }

    private static string Urls(ResourceInstance instance) => string.Join(';', instance.ListenPorts
        .Where(listen => listen.Endpoint.UriScheme is "http" or "https")
        .Select(listen => string.Create(CultureInfo.InvariantCulture, $"{listen.Endpoint.UriScheme}://{listen.Endpoint.TargetHost}:{listen.Port}")));

    private static async ValueTask<string> TextAsync(ReferenceExpression? expression, CancellationToken cancellationToken) =>
        expression is null ? "" : await expression.GetValueAsync(cancellationToken) ?? "";

    private static ServerPort Port(EndpointAnnotation endpoint) =>
        new(endpoint.Name, endpoint.TargetPort ?? endpoint.Port ?? endpoint.AllocatedEndpoint!.Port, endpoint.AllocatedEndpoint!.Port);

    private static ServerMount Mount(ContainerMountAnnotation mount) =>
        new(mount.Type == ContainerMountType.Volume, mount.Source!, mount.Target, mount.IsReadOnly);
}
