using Aspire.Hosting.Dashboard.Hosting;

return await DashboardApplication.RunAsync(args);
