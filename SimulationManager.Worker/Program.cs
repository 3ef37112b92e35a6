using SimulationManager.Core.Data;
using SimulationManager.Worker.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddWorkerServices();
var app = builder.Build();
app.MapDefaultEndpoints();
if (app.Configuration.GetValue("Database:MigrateOnStart", true)) await DatabaseMigrator.MigrateAsync(app.Services, app.Lifetime.ApplicationStopping);
await app.RunAsync();
