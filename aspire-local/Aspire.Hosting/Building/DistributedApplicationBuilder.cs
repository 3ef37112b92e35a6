using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Reporting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting;

/// <summary>Describes an application, and builds it.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly IBuilderInterceptor? _interceptor = BuilderInterception.Current;
    private readonly HostApplicationBuilder _host;

    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args })
    {
    }

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
        : this(options ?? throw new ArgumentNullException(nameof(options)), new HostApplicationBuilderSettings { Args = options.Args })
    {
    }

    internal DistributedApplicationBuilder(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        _interceptor?.OnConstructing(options, settings);

        Identity = AppHostIdentity.Find(options);
        settings.Args = options.Args;
        settings.ApplicationName ??= Identity.Assembly?.GetName().Name;
        settings.ContentRootPath ??= Identity.Directory;
        settings.EnvironmentName ??= DefaultEnvironment(settings);
        _host = new HostApplicationBuilder(settings);
        _host.Configuration.AddCommandLine(options.Args ?? [], CommandLineSwitches.Mappings);

        ExecutionContext = ReadExecutionContext(_host.Configuration);
        Configuration.AddInMemoryCollection([
            new("AppHost:Directory", AppHostDirectory),
            new(AppHostIdentity.HashKey, Configuration[AppHostIdentity.HashKey] ?? Identity.Hash(ExecutionContext)),
        ]);
        AddUserSecrets();
        ConfigureLogging();
        RegisterServices(options);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory => Identity.Directory;

    public Assembly? AppHostAssembly => Identity.Assembly;

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal AppHostIdentity Identity { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _interceptor?.OnBuilding(this);
        if (ExecutionContext.IsRunMode)
            LifecycleCommands.AddTo(Resources);
        var application = new DistributedApplication(_host.Build()) { IsDrivenByTest = _interceptor is not null };
        _interceptor?.OnBuilt(application);
        return application;
    }

    // The engine is a development tool: without any word on the environment it is Development, as the launch profile says, too.
    private static string? DefaultEnvironment(HostApplicationBuilderSettings settings)
    {
        var named = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddCommandLine(settings.Args ?? []).Build();
        return settings.Configuration?[HostDefaults.EnvironmentKey] ?? named[HostDefaults.EnvironmentKey] ?? Environments.Development;
    }

    private static DistributedApplicationExecutionContext ReadExecutionContext(ConfigurationManager configuration)
    {
        var publisher = configuration[CommandLineSwitches.PublisherKey];
        var operation = configuration[CommandLineSwitches.OperationKey]?.ToLowerInvariant() switch
        {
            "publish" => DistributedApplicationOperation.Publish,
            "run" => DistributedApplicationOperation.Run,
            null => publisher is null ? DistributedApplicationOperation.Run : DistributedApplicationOperation.Publish,
            var other => throw new DistributedApplicationException($"Invalid operation specified: '{other}'. Valid operations are 'publish' or 'run'."),
        };
        return new(operation, publisher ?? "manifest");
    }

    private void AddUserSecrets()
    {
        // The host reads them in Development only. Generated passwords have to be found again whatever the environment is called.
        if (Identity.UserSecretsId is { } id && ExecutionContext.IsRunMode && !Environment.IsDevelopment())
            Configuration.Sources.Insert(0, new ConfigurationBuilder().AddUserSecrets(id).Sources[0]);
    }

    private void ConfigureLogging()
    {
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // Each failed check would be an error in the log, though it is normal while a resource starts. The console view shows the health.
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _host.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        // It repeats, with a stack, the exception that Run throws anyway.
        _host.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        _host.Logging.AddConfiguration(Configuration.GetSection("Logging"));
    }

    private void RegisterServices(DistributedApplicationOptions options)
    {
        Services.AddSingleton(options);
        Services.AddSingleton(Identity);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(_ => new DistributedApplicationModel(Resources));
        Services.AddSingleton<ManifestPublisher>();
        Services.AddSingleton(services => new ResourceNotificationService(
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<IOptions<ResourceNotificationServiceOptions>>()));
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton(services => new ResourceCommandService(
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<ResourceNotificationService>(),
            services.GetRequiredService<ResourceLoggerService>(),
            services));
        Services.AddHealthChecks();
        Services.AddHttpClient();
        Services.Configure<ResourceNotificationServiceOptions>(notifications => notifications.DefaultWaitBehavior = options.DisableDashboard
            ? WaitBehavior.StopOnResourceUnavailable
            : WaitBehavior.WaitOnResourceUnavailable);
        Services.Configure<HostOptions>(host => host.ShutdownTimeout = Orchestrator.StopDeadline);
        if (ExecutionContext.IsRunMode)
            RegisterOrchestration(options);
    }

    private void RegisterOrchestration(DistributedApplicationOptions options)
    {
        if (Configuration.GetValue(LocalSettings.ConsoleKey, defaultValue: !options.EnableResourceLogging))
            Services.AddHostedService<ConsoleView>();
        if (options.EnableResourceLogging)
            Services.AddHostedService<ResourceLogForwarder>();
        Services.AddSingleton(DashboardPlan.Make(Configuration, options));
        Services.AddSingleton<SecretValues>();
        Services.AddSingleton<ResourceViews>();
        Services.AddSingleton<UsageSampler>();
        Services.AddSingleton<ResourceEndpoint>();
        Services.AddSingleton<DashboardHost>();
        Services.AddSingleton<PortAllocator>();
        Services.AddSingleton<LocalRuntimeAccess>();
        Services.AddSingleton<ProjectOutput>();
        Services.AddSingleton<ResourceLauncher>();
        Services.AddSingleton<HealthMonitor>();
        Services.AddSingleton<OrchestrationServices>();
        Services.AddSingleton<Orchestrator>();
        Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
        Services.AddHostedService(services => services.GetRequiredService<DashboardHost>());
    }
}

internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder applicationBuilder, T resource) : IResourceBuilder<T>
    where T : IResource
{
    public IDistributedApplicationBuilder ApplicationBuilder { get; } = applicationBuilder;

    public T Resource { get; } = resource;

    public IResourceBuilder<T> WithAnnotation<TAnnotation>(
        TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
        where TAnnotation : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(annotation);
        if (behavior == ResourceAnnotationMutationBehavior.Replace)
            foreach (var old in Resource.Annotations.OfType<TAnnotation>().ToList())
                Resource.Annotations.Remove(old);
        Resource.Annotations.Add(annotation);
        return this;
    }
}
