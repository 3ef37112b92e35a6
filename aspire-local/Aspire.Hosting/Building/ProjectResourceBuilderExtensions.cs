using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>.NET projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>A project that the AppHost references.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => Add(builder, name, new TProject(), _ => { });

    /// <inheritdoc cref="AddProject{TProject}(IDistributedApplicationBuilder, string)"/>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => Add(builder, name, new TProject(), configure);

    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="projectPath">Project file; relative to the AppHost's directory.</param>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(projectPath);
        return Add(builder, name, new ProjectFile(Path.GetFullPath(projectPath, builder.AppHostDirectory)), _ => { });
    }

    /// <param name="builder">The project.</param>
    /// <param name="replicas">Number of processes; at least 0.</param>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static IResourceBuilder<ProjectResource> Add(
        IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, Action<ProjectResourceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ProjectResourceOptions();
        configure(options);
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation(metadata).WithOtlpEnvironment();
        var profile = options.ExcludeLaunchProfile ? null : ChooseProfile(builder, metadata, options);
        if (builder.ExecutionContext.IsPublishMode)
            AddPublishedEndpoints(project, profile?.Profile);
        else
            AddProfile(project, profile);
        return project;
    }

    private static (string Name, LaunchProfile Profile)? ChooseProfile(
        IDistributedApplicationBuilder builder, IProjectMetadata metadata, ProjectResourceOptions options)
    {
        if (LaunchSettings.Of(metadata) is not { } settings)
            return null;
        if (options.LaunchProfileName is { } wanted)
            return settings.Profiles.TryGetValue(wanted, out var named)
                ? (wanted, named)
                : throw new DistributedApplicationException($"Launch settings file does not contain '{wanted}' profile.");
        if (builder.Configuration["DOTNET_LAUNCH_PROFILE"] is { } own && settings.Profiles.TryGetValue(own, out var same))
            return (own, same);
        var first = settings.Profiles.FirstOrDefault(profile => string.Equals(profile.Value.CommandName, "Project", StringComparison.OrdinalIgnoreCase));
        return first.Key is null ? null : (first.Key, first.Value);
    }

    private static void AddPublishedEndpoints(IResourceBuilder<ProjectResource> project, LaunchProfile? profile)
    {
        project.WithEnvironment("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true");
        if (string.IsNullOrEmpty(profile?.ApplicationUrl))
            return;
        // A manifest says nothing of this machine's ports; every web project is listed with http and https.
        project.WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, "http"));
        project.WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, "https") { IsImplicitHttps = true });
        project.WithEnvironment(context =>
        {
            if (ListenPorts(project.Resource, "http") is { } http)
                context.EnvironmentVariables["HTTP_PORTS"] = http;
            if (ListenPorts(project.Resource, "https") is { } https)
                context.EnvironmentVariables["HTTPS_PORTS"] = https;
        });
    }

    private static ReferenceExpression? ListenPorts(ProjectResource project, string scheme)
    {
        var ports = new ReferenceExpressionBuilder();
        foreach (var endpoint in project.Endpoints().Where(endpoint => endpoint.UriScheme == scheme && endpoint is { IsImplicitHttps: false, TargetPortVariable: null }))
        {
            ports.AppendLiteral(ports.IsEmpty ? "" : ";");
            ports.AppendFormatted(new EndpointReference(project, endpoint).Property(EndpointProperty.TargetPort));
        }
        return ports.IsEmpty ? null : ports.Build();
    }

    private static void AddProfile(IResourceBuilder<ProjectResource> project, (string Name, LaunchProfile Profile)? chosen)
    {
        var environment = project.ApplicationBuilder.Environment.EnvironmentName;
        project.WithEnvironment("DOTNET_ENVIRONMENT", environment).WithEnvironment("ASPNETCORE_ENVIRONMENT", environment);
        // Readable in the console view; without it ASP.NET Core breaks every entry into two lines.
        project.WithEnvironment("Logging__Console__FormatterName", "simple").WithEnvironment("Logging__Console__FormatterOptions__SingleLine", "true");
        if (chosen is not var (name, profile))
            return;
        project.WithEnvironment("DOTNET_LAUNCH_PROFILE", name);
        foreach (var (key, value) in profile.EnvironmentVariables)
            project.WithEnvironment(key, value);
        foreach (var argument in (profile.CommandLineArgs ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            project.WithArgs(argument);
        foreach (var url in (profile.ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            AddProfileEndpoint(project, url);
    }

    private static void AddProfileEndpoint(IResourceBuilder<ProjectResource> project, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
            throw new DistributedApplicationException($"The launch profile of '{project.Resource.Name}' has the application URL '{url}', which is no URL.");
        if (project.Resource.Endpoints().All(endpoint => endpoint.Name != uri.Scheme))
            project.WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, uri.Scheme, port: uri.Port == 0 ? null : uri.Port));
    }

    private sealed class ProjectFile(string projectPath) : IProjectMetadata
    {
        public string ProjectPath { get; } = projectPath;
    }
}

/// <summary>How a project is added.</summary>
public class ProjectResourceOptions
{
    public string? LaunchProfileName { get; set; }

    public bool ExcludeLaunchProfile { get; set; }
}
