using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);

// Backing servers are containers; without a container runtime they run as processes.
builder.UseLocalServers().UseBuiltProjects().CheckFixedPorts();

// A taken port is changed by configuration, for example: dotnet run -- --Ports:api=8010
var ports = builder.Configuration.GetSection("Ports");

var user = builder.AddParameter("user");

// The image is pinned: another major version could not read the data volume.
var postgres = builder.AddPostgres("postgres", port: ports.GetValue<int?>("postgres"))
    .WithImageTag("17.6")
    .WithDataVolume();
var robotdb = postgres.AddDatabase("robotdb");

var redis = builder.AddRedis("redis", port: ports.GetValue<int?>("redis"))
    .WithDataVolume()
    .WithPersistence();

var minio = builder.AddMinio("minio", rootUser: user, port: ports.GetValue<int?>("minio"))
    .WithDataVolume();

// Silos of a run that was killed stay members of its cluster for a while: each run has a cluster of its own.
var orleans = builder.AddOrleans("orleans")
    .WithServiceId("simulation-manager")
    .WithClusterId(builder.ExecutionContext.IsRunMode ? $"run-{Guid.NewGuid():N}" : "simulation-manager")
    .WithClustering(redis);

var api = builder.AddProject<Projects.SimulationManager_Api>("api")
    .WithEndpoint("http", http => http.Port = ports.GetValue("api", http.Port))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithReference(orleans.AsClient())
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);
// The API's own setting, which does not see this program's command line.
if (builder.ExecutionContext.IsRunMode && builder.Configuration["Demo:Enabled"] is { } demo) api.WithEnvironment("Demo__Enabled", demo);

var worker = builder.AddProject<Projects.SimulationManager_Worker>("worker")
    .WithReplicas(builder.Configuration.GetValue("Replicas:worker", 1))
    .WithEndpoint("http", http => http.Port = ports.GetValue<int?>("worker"))
    .WithHttpHealthCheck("/health")
    .WithReference(orleans)
    .WithReference(robotdb).WaitFor(robotdb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(minio).WaitFor(minio);

builder.AddPrometheus("metrics", ports.GetValue<int?>("metrics"))
    .WithScrapeTarget(api.GetEndpoint("http"))
    .WithScrapeTarget(worker.GetEndpoint("http"));

builder.Build().Run();
