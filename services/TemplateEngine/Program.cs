using FleetPlatform.TemplateEngine;

Composition.Build(args).Run();
