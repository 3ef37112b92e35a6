if (args is [SimulationManager.AppHost.Kubernetes.GenerateCommand.Verb, ..])
    return await SimulationManager.AppHost.Kubernetes.GenerateCommand.RunAsync(args);

return 0;
