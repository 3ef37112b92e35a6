using SimulationManager.Api.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBackingServices();
builder.AddApi();
var app = builder.Build();
app.UseApi();
app.MapApi();
await app.RunAsync();
