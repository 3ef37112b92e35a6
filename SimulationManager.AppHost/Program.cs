using Microsoft.Extensions.Configuration;
using SimulationManager.AppHost;
using SimulationManager.AppHost.Kubernetes;

if (ClusterCommand.Handles(args))
{
    Environment.ExitCode = await ClusterCommand.RunAsync(args);
    return;
}

var builder = DistributedApplication.CreateBuilder(args);

// A taken port is changed by configuration, for example: dotnet run -- --Ports:api=8010
var ports = builder.Configuration.GetSection("Ports");

var user = builder.AddParameter("user");

var postgres = builder.AddPostgres("postgres", port: ports.GetValue<int?>("postgres"))
    .WithDataVolume();
var robotdb = postgres.AddDatabase("robotdb");

var redis = builder.AddRedis("redis", port: ports.GetValue<int?>("redis"))
    .WithDataVolume()
    .WithPersistence();

#pragma warning disable CS0618 // MinIO's open-source edition is archived. Nothing here or in the services depends on more than S3.
var minio = builder.AddMinioContainer("minio", rootUser: user, port: ports.GetValue<int?>("minio"))
    .WithDataVolume();
#pragma warning restore CS0618

var metrics = builder.AddContainer("metrics", "prom/prometheus")
    .WithHttpEndpoint(port: ports.GetValue<int?>("metrics"), targetPort: 9090);

var api = builder.AddProject<Projects.SimulationManager_Api>("api")
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);

var worker = builder.AddProject<Projects.SimulationManager_Worker>("worker")
    .WithReplicas(builder.Configuration.GetValue("Replicas:worker", 1))
    .WithHttpHealthCheck("/health")
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);

using var scraping = new ScrapeConfiguration();
if (builder.ExecutionContext.IsRunMode)
{
    // Silos of a run that was killed stay members of its cluster for a while: each run has a cluster of its own.
    var clusterId = $"run-{Guid.NewGuid():N}";
    api.WithEnvironment("Orleans__ClusterId", clusterId);
    worker.WithEnvironment("Orleans__ClusterId", clusterId);
    api.WithEndpoint("http", http => http.Port = ports.GetValue("api", http.Port));
    worker.WithEndpoint("http", http => http.Port = ports.GetValue<int?>("worker"));
    // The Api's own setting, which does not see this program's command line.
    if (builder.Configuration["Demo:Enabled"] is { } demo) api.WithEnvironment("Demo__Enabled", demo);
    metrics.WithBindMount(scraping.Folder, "/etc/prometheus", isReadOnly: true)
        .WithArgs(_ => scraping.Write(api.GetEndpoint("http"), worker.GetEndpoint("http")));
}

builder.Build().Run();
